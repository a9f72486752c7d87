import { isDuplicate, type Store } from "../common/db.ts";
import { loader } from "../common/loader.ts";
import { nonces } from "../common/nonces.ts";
import type { User } from "../common/rules.ts";

type Row = User & { nameKey: string; createdAt: number };

export function usersRepository({ knex, transaction }: Store) {
  const table = () => knex<Row>("users");
  const visible = () => table().select("id", "name", "profile");

  const byIds = (ids: string[]): Promise<User[]> => visible().whereIn("id", ids);

  return {
    byId: loader(async (ids) => new Map((await byIds(ids)).map((user) => [user.id, user]))),
    byKey: (nameKey: string): Promise<User | undefined> => visible().where({ nameKey }).first(),
    byIds,

    /** False when the id or the name is taken. After it resolves, the user is on disk. */
    async insert(user: User, nameKey: string): Promise<boolean> {
      try {
        await table().insert({ ...user, nameKey, createdAt: Date.now() });
        return true;
      } catch (error) {
        if (isDuplicate(error)) return false;
        throw error;
      }
    },

    /** Once for each user and nonce. @throws NONCE_REUSED */
    setProfile: (id: string, profile: string | null, nonce: string): Promise<void> =>
      transaction(async (trx) => {
        const what = profile ?? "";
        if ((await nonces(trx).answerTo(id, nonce, what)) !== undefined) return;
        await nonces(trx).note(id, nonce, what);
        await trx<Row>("users").where({ id }).update({ profile });
      }),
  };
}
