# One image for every part; the argument says which: docker run rewind chat
FROM node:24.21.0-bookworm-slim AS node
WORKDIR /app

FROM node AS dependencies
COPY package.json package-lock.json ./
COPY sdk/package.json sdk/
# Not `npm ci`: it refuses a lock file that was made for another platform. No install scripts: the package `node` would
# fetch a second Node, and bcrypt brings its binaries along.
RUN npm install --omit=dev --ignore-scripts --no-audit --no-fund

FROM dependencies AS web
RUN npm install --ignore-scripts --no-audit --no-fund
COPY . .
RUN node scripts/build-web.ts

FROM node
ENV NODE_ENV=production
COPY --from=dependencies /app/node_modules node_modules
COPY . .
COPY --from=web /app/web/dist web/dist
USER node
ENTRYPOINT ["node", "--max-semi-space-size=8", "scripts/service.ts"]
CMD ["gateway"]
