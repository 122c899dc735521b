// Tells a database that was never migrated from one that fails.

/** Whether a question failed because its table does not exist yet (undefined_table). */
export function isSchemaMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '42P01'
}
