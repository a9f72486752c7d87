#!/bin/sh
# Writes .env for docker-compose.yml: random secrets, readable by their owner alone. One that is there stays as it is.
set -euC
umask 077
cd "$(dirname "$0")/.."
for name in JWT_SECRET NATS_PASSWORD MYSQL_ROOT_PASSWORD MYSQL_AUTH_PASSWORD MYSQL_MAILER_PASSWORD \
  MYSQL_USERS_PASSWORD MYSQL_FRIENDS_PASSWORD MYSQL_CHAT_PASSWORD; do
  echo "$name=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')"
done >.env
