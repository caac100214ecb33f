// Runs checks one after the other and prints the name of each that holds; the first that does not ends the run.
export const url = process.env.SESSION_GROUP_URL
export const key = process.env.POSTHOG_PERSONAL_API_KEY
export const readKey = process.env.SESSION_GROUP_READ_KEY
export const project_id = Number(process.env.SESSION_GROUP_PROJECT_ID)

export async function run(checks) {
  for (const [name, check] of Object.entries(checks)) {
    await check()
    console.log(name)
  }
  process.exit(0)
}
