// The description by Redocly's recommended rules, but for two: the contract's paths end in a slash, and
// the answer to methods that are none (405) belongs to no operation.
const { createConfig, lint } = require('@redocly/openapi-core')

async function main() {
  const rules = { 'no-path-trailing-slash': 'off', 'no-unused-components': 'off' }
  const config = await createConfig({ extends: ['recommended'], rules })
  const problems = await lint({ ref: process.argv[2], config })
  for (const { severity, ruleId, message, location } of problems) console.log(severity, ruleId, message, location[0].pointer)
}

main()
