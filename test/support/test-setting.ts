/** A variable that the global set-up of the `system` project provides. */
export function testSetting(name: 'PIPEWRIGHT_TEST_ROOT' | 'PIPEWRIGHT_TEST_REDIS'): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: run this test in project "system"`)
  return value
}
