/** The database is not there, in words that say what to do. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
}
