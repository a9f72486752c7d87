import { isDuplicate, type Store } from "../common/db.ts";
import type { User } from "../common/rules.ts";

type Row = User & { nameKey: string; createdAt: number };

export function usersRepository({ knex }: Store) {
  const table = () => knex<Row>("users");
  const visible = () => table().select("id", "name", "profile");

  return {
    byId: (id: string): Promise<User | undefined> => visible().where({ id }).first(),
    byKey: (nameKey: string): Promise<User | undefined> => visible().where({ nameKey }).first(),
    byIds: (ids: string[]): Promise<User[]> => visible().whereIn("id", ids),

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

    /** False when there is no such user. */
    setProfile: async (id: string, profile: string | null): Promise<boolean> =>
      (await table().where({ id }).update({ profile })) === 1,
  };
}
