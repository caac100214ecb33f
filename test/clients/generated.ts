// A client that openapi-typescript makes of /api/schema/, checked by TypeScript and then run.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

declare const process: { env: Record<string, string>; exit(code: number): never };

type Summary = components["schemas"]["Object"];

const client = createClient<paths>({
  baseUrl: process.env.SESSION_GROUP_URL,
  headers: { Authorization: `Bearer ${process.env.POSTHOG_PERSONAL_API_KEY}` },
});
const project_id = Number(process.env.SESSION_GROUP_PROJECT_ID);
const list = "/api/projects/{project_id}/session_group_summaries/" as const;
const one = "/api/projects/{project_id}/session_group_summaries/{id}/" as const;

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
  console.log(what);
}

async function main(): Promise<void> {
  const me = await client.GET("/api/users/@me/");
  must(me.data?.organizations.length === 1, "who asks");
  const made = await client.POST(list, { params: { path: { project_id } }, body: { title: "Generated", session_ids: ["s-1"] } });
  const summary: Summary | undefined = made.data;
  must(summary?.title === "Generated", "create");
  const path = { project_id, id: summary!.id };
  const page = await client.GET(list, { params: { path: { project_id }, query: { limit: 10, order: "-title" } } });
  must(page.data?.count === 1 && page.data.results[0].session_count === 1, "list");
  const changed = await client.PATCH(one, { params: { path, header: { "If-Match": made.response.headers.get("ETag")! } }, body: { title: "Changed" } });
  must(changed.data?.title === "Changed", "change");
  const patterns = await client.GET("/api/projects/{project_id}/session_group_summaries/patterns/", { params: { path: { project_id } } });
  must(patterns.data?.count === 0, "patterns");
  const activity = await client.GET("/api/projects/{project_id}/session_group_summaries/{id}/activity/", { params: { path } });
  must(activity.data?.results[0].activity === "updated", "activity");
  const refused = await client.GET(list, { params: { path: { project_id }, query: { date_from: "yesterday" } } });
  must(refused.error?.code === "invalid_input", "an error, with its type");
  const gone = await client.DELETE(one, { params: { path } });
  must(gone.response.status === 204, "delete");
  // @ts-expect-error  there is no such order
  await client.GET(list, { params: { path: { project_id }, query: { order: "colour" } } });
  // @ts-expect-error  a title is a string
  await client.POST(list, { params: { path: { project_id } }, body: { title: 1 } });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
