// The resource as an experienced developer writes it for speed, with Fastify and
// node-postgres: two workers, prepared statements, statements of a request sent
// together (pipeline), JSON by the database where that is faster.
// On the same tables as ours, as their owner, without row-level security.

'use strict';

const cluster = require('node:cluster');
const { createHash } = require('node:crypto');
const Fastify = require('fastify');
const pg = require('pg');

const WORKERS = 2;
const CONNECTIONS = 5;
// Where summaries and people are: session_group, or the copy without triggers.
const TABLES = process.env.TABLES;

const SCOPES = { read: '{*,session_recording:read,session_recording:write}', write: '{*,session_recording:write}' };
const PERSON = `CASE WHEN u.id IS NOT NULL THEN json_build_object('id', u.id, 'uuid', u.uuid, 'distinct_id', u.distinct_id,
	'first_name', u.first_name, 'last_name', u.last_name, 'email', u.email, 'is_email_verified', u.is_email_verified,
	'hedgehog_config', u.hedgehog_config, 'role_at_organization', u.role_at_organization)::text END AS created_by`;
// A project's row of s, with its creator.
const OBJECT = `s.id, s.title, to_json(s.session_ids)::text AS session_ids, s.summary, s.extra_summary_context,
	s.run_metadata, s.created_at, ${PERSON}`;
const WITH_PERSON = `LEFT JOIN ${TABLES}.users u ON u.id = s.created_by_id`;

const STATEMENTS = {
	// One row: the key is good; member: of this project.
	key: `SELECT k.user_id, m.user_id IS NOT NULL AND k.scopes && $3 AND (k.project_ids IS NULL OR $2 = ANY (k.project_ids)) AS member
		FROM session_group.api_keys k JOIN session_group.users u ON u.id = k.user_id AND u.is_active
			LEFT JOIN session_group.members m ON m.project_id = $2 AND m.user_id = k.user_id AND m.removed_at IS NULL
		WHERE k.hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())`,
	count: `SELECT count(*) FROM ${TABLES}.summaries WHERE project_id = $1`,
	page: `SELECT s.id, s.title, s.session_count, s.created_at, u.id AS user_id, u.uuid, u.distinct_id, u.first_name,
			u.last_name, u.email, u.is_email_verified, u.hedgehog_config, u.role_at_organization
		FROM ${TABLES}.summaries s ${WITH_PERSON}
		WHERE s.project_id = $1 ORDER BY s.created_at DESC, s.id DESC LIMIT $2 OFFSET $3`,
	one: `SELECT ${OBJECT} FROM ${TABLES}.summaries s ${WITH_PERSON} WHERE s.project_id = $1 AND s.id = $2`,
	create: `WITH s AS (INSERT INTO ${TABLES}.summaries (project_id, title, session_ids, summary, extra_summary_context,
			run_metadata, created_by_id) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *) SELECT ${OBJECT} FROM s ${WITH_PERSON}`,
	remove: `DELETE FROM ${TABLES}.summaries WHERE project_id = $1 AND id = $2`,
};

// A statement for each set of fields that is sent: what stays is not written again.
function updateOf(names) {
	const name = `update ${names}`;
	STATEMENTS[name] ??= `WITH s AS (UPDATE ${TABLES}.summaries SET ${names.map((field, i) => `${field} = $${i + 3}, `).join('')}
		updated_at = now(), version = version + 1 WHERE project_id = $1 AND id = $2 RETURNING *) SELECT ${OBJECT} FROM s ${WITH_PERSON}`;
	return name;
}

const pool = new pg.Pool({
	connectionString: process.env.DATABASE_URL,
	max: CONNECTIONS,
	pipeline: true,
	options: '-c TimeZone=UTC -c synchronous_commit=off',
	// Values stay the text that the database sends.
	types: { getTypeParser: () => (text) => text },
});

async function onOneConnection(work) {
	const client = await pool.connect();
	try {
		return await work((name, ...values) => client.query({ name, text: STATEMENTS[name], values, rowMode: 'array' }));
	} finally {
		client.release();
	}
}

// "2026-01-01 00:01:00.000123+00" in ISO 8601, with six digits of fraction or none.
function iso(text) {
	const fraction = text.slice(19, -3);
	return `${text.slice(0, 10)}T${text.slice(11, 19)}${fraction && fraction.padEnd(7, '0')}Z`;
}

class Refused extends Error {
	constructor(statusCode, code) {
		super(code);
		Object.assign(this, { statusCode, code });
	}
}

function digest(request) {
	const key = /^bearer (.+)$/i.exec(request.headers.authorization)?.[1];
	if (!key) throw new Refused(401, 'not_authenticated');
	return `sha256$${createHash('sha256').update(key).digest('hex')}`;
}

function userOf({ rows: [found] }) {
	if (!found) throw new Refused(401, 'authentication_failed');
	if (found[1] !== 't') throw new Refused(403, 'permission_denied');
	return found[0];
}

// Reads go together with the question who asks, in one round trip.
async function read(request, work) {
	const hash = digest(request);
	return onOneConnection(async (run) => {
		const [key, ...found] = await Promise.all([run('key', hash, request.params.project, SCOPES.read), ...work(run)]);
		userOf(key);
		return found;
	});
}

async function write(request, work) {
	const hash = digest(request);
	return onOneConnection(async (run) => work(run, userOf(await run('key', hash, request.params.project, SCOPES.write))));
}

// An object's documents and its creator are JSON already.
function objectText(row, project) {
	if (!row) throw new Refused(404, 'not_found');
	const [id, title, sessions, summary, context, metadata, createdAt, creator] = row;
	return `{"id":"${id}","title":${JSON.stringify(title)},"session_ids":${sessions},"summary":${summary},`
		+ `"extra_summary_context":${context},"run_metadata":${metadata},"created_at":"${iso(createdAt)}",`
		+ `"created_by":${creator},"team":${project}}`;
}

const text = { type: 'string' };
const optionalText = { type: 'string', nullable: true };
const number = { type: 'integer' };
const PAGE = {
	type: 'object',
	properties: {
		count: number, next: optionalText, previous: optionalText,
		results: { type: 'array', items: { type: 'object', properties: {
			id: text, title: text, session_count: number, created_at: text,
			created_by: { type: 'object', nullable: true, properties: {
				id: number, uuid: text, distinct_id: optionalText, first_name: text, last_name: text, email: text,
				is_email_verified: { type: 'boolean', nullable: true }, hedgehog_config: {}, role_at_organization: optionalText,
			} },
		} } },
	},
};
const PARAMS = { type: 'object', properties: { project: { type: 'string', pattern: '^[0-9]{1,18}$' }, id: { type: 'string', format: 'uuid' } } };
const object = { type: 'object', nullable: true };
const BODY = {
	type: 'object',
	properties: {
		title: { type: 'string', minLength: 1, maxLength: 2048 },
		session_ids: { type: 'array', maxItems: 1000, items: { type: 'string', minLength: 1, maxLength: 200 } },
		summary: {}, extra_summary_context: object, run_metadata: object,
	},
};
const QUERY = { type: 'object', properties: {
	limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 }, offset: { type: 'integer', minimum: 0, default: 0 },
} };

function item([id, title, session_count, created_at, user_id, uuid, distinct_id, first_name, last_name, email, verified, config, role]) {
	return {
		id, title, session_count, created_at: iso(created_at),
		created_by: user_id && {
			id: user_id, uuid, distinct_id, first_name, last_name, email, is_email_verified: verified && verified === 't',
			hedgehog_config: config === '{}' ? null : JSON.parse(config), role_at_organization: role,
		},
	};
}

function link(request, offset) {
	const { limit } = request.query;
	return `${request.protocol}://${request.host}${request.url.split('?', 1)[0]}?limit=${limit}${offset ? `&offset=${offset}` : ''}`;
}

async function list(request) {
	const { params: { project }, query: { limit, offset } } = request;
	const [counted, page] = await read(request, (run) => [run('count', project), run('page', project, limit, offset)]);
	const count = Number(counted.rows[0][0]);
	return {
		count,
		next: offset + limit < count ? link(request, offset + limit) : null,
		previous: offset > 0 ? link(request, Math.max(0, offset - limit)) : null,
		results: page.rows.map(item),
	};
}

function answer(reply, row, project) {
	reply.type('application/json; charset=utf-8');
	return objectText(row, project);
}

const DOCUMENTS = ['summary', 'extra_summary_context', 'run_metadata'];
const FIELDS = Object.keys(BODY.properties);

function valueOf(body, field) {
	const value = body[field];
	return DOCUMENTS.includes(field) && value != null ? JSON.stringify(value) : value;
}

function routes(app) {
	const all = '/api/projects/:project/session_group_summaries/';
	const each = `${all}:id/`;

	app.get(all, { schema: { params: PARAMS, querystring: QUERY, response: { 200: PAGE } } }, list);
	app.get(each, { schema: { params: PARAMS } }, async (request, reply) => {
		const { project, id } = request.params;
		const [found] = await read(request, (run) => [run('one', project, id)]);
		return answer(reply, found.rows[0], project);
	});
	app.post(all, { schema: { params: PARAMS, body: BODY } }, async (request, reply) => {
		const { params: { project }, body } = request;
		const filled = { title: 'Group summary', session_ids: [], ...body };
		const made = await write(request, (run, user) => run('create', project, ...FIELDS.map((field) => valueOf(filled, field)), user));
		reply.code(201);
		return answer(reply, made.rows[0], project);
	});
	app.patch(each, { schema: { params: PARAMS, body: BODY } }, async (request, reply) => {
		const { params: { project, id }, body } = request;
		const names = FIELDS.filter((field) => field in body);
		const changed = await write(request, (run) => run(updateOf(names), project, id, ...names.map((field) => valueOf(body, field))));
		return answer(reply, changed.rows[0], project);
	});
	app.delete(each, { schema: { params: PARAMS } }, async (request, reply) => {
		const { project, id } = request.params;
		const gone = await write(request, (run) => run('remove', project, id));
		if (!gone.rowCount) throw new Refused(404, 'not_found');
		return reply.code(204).send();
	});
}

if (cluster.isPrimary) {
	for (let number = 0; number < WORKERS; number++) cluster.fork();
	cluster.on('exit', () => process.exit(1));
	process.on('SIGTERM', () => process.exit(0));
} else {
	const app = Fastify({ logger: false, trustProxy: true, ajv: { customOptions: { coerceTypes: true } } });
	routes(app);
	app.listen({ path: process.env.SOCKET });
}
