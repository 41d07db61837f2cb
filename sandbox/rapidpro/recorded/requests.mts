/** What the requests of the recordings are about, in the stand-in. */
export interface Cast {
	contact: string;
	/** As {@link contact}, but RapidPro cannot send to them. */
	blocked: string;
	ticket: string;
	/** A UUID that nothing has, nor had in the recordings. */
	unknown: string;
	topic: () => string;
	media: () => string;
	mediaUrl: () => string;
	firstMessage: () => string;
}

/** A request that the recording has an answer to. */
export interface Asked {
	method: string;
	path: string;
	headers?: Record<string, string>;
	body?: string | Buffer;
}

const UNKNOWN_CONTACT = '00000000-0000-4000-8000-000000000000';

const get = (path: string, headers?: Record<string, string>): Asked => ({ method: 'GET', path, headers });
const post = (path: string, body: unknown): Asked => raw(path, JSON.stringify(body));
const raw = (path: string, body: string, type = 'application/json'): Asked => ({
	method: 'POST',
	path,
	headers: { 'content-type': type },
	body,
});

interface Part {
	filename?: string;
	type?: string;
	disposition?: string;
	encoding?: string;
	name?: string;
}

/** A form with one file, header for header as it was sent. */
function upload(
	bytes: string | Buffer,
	{ filename = 'a.bin', type, disposition, encoding, name = 'file' }: Part,
): Asked {
	const lines = [`Content-Disposition: form-data; name="${name}"; ${disposition ?? `filename="${filename}"`}`];
	if (type !== undefined) lines.push(`Content-Type: ${type}`);
	if (encoding !== undefined) lines.push(`Content-Transfer-Encoding: ${encoding}`);
	const head = `--limit\r\n${lines.join('\r\n')}\r\n\r\n`;
	const body = Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from('\r\n--limit--\r\n')]);
	return {
		method: 'POST',
		path: 'media.json',
		headers: { 'content-type': 'multipart/form-data; boundary=limit' },
		body,
	};
}

/** The requests by the names of their recordings. */
export function requests(cast: Cast): Record<string, () => Asked> {
	const { contact, ticket, unknown } = cast;
	const send = (fields: object) => post('messages.json', { contact, ...fields });
	const act = (action: string, fields: object = {}) =>
		post('ticket_actions.json', { tickets: [ticket], action, ...fields });
	const png = { filename: 'a.png', type: 'image/png' };
	return {
		...mediaRequests(png),
		'send text+media': () => send({ text: 'Hello from agent', attachments: [cast.media()] }),
		'send by urn': () => send({ contact: 'whatsapp:12065551212', text: 'by urn' }),
		'send media as attachment string': () => send({ attachments: [`image/png:${cast.mediaUrl()}`] }),
		'send foreign url': () => send({ text: 'x', attachments: ['image/png:https://chat.example.com/x.png'] }),
		'send blocked contact': () => send({ contact: cast.blocked, text: 'hey' }),
		'send empty': () => send({ text: '' }),
		'send spaces': () => send({ text: '   ' }),
		'send 4096': () => send({ text: 'x'.repeat(4096) }),
		'send 4097': () => send({ text: 'x'.repeat(4097) }),
		'send emoji 4096 code points': () => send({ text: '😀'.repeat(4096) }),
		'leading/trailing whitespace': () => send({ text: '  padded \n text  \n' }),
		'11 attachments': () => send({ text: 'x', attachments: Array(11).fill(cast.media()) }),
		'unknown contact': () => send({ contact: UNKNOWN_CONTACT, text: 'x' }),
		'contact not a uuid': () => send({ contact: 'abc', text: 'x' }),
		'NUL char': () => send({ text: 'a\0b' }),
		'unknown key + array body': () => post('messages.json', [1]),
		'bad json': () => raw('messages.json', '{bad'),
		'no auth': () => get('messages.json', { authorization: '' }),
		'html path without .json': () => get('messages'),
		'list by contact': () => get(`messages.json?contact=${contact}`),
		'list by uuid': () => get(`messages.json?${cast.firstMessage()}`),
		'list two exclusive': () => get(`messages.json?contact=${contact}&folder=inbox`),
		'list bad uuid': () => get('messages.json?uuid=zz'),
		'list bad contact': () => get('messages.json?contact=zz'),
		'bad after': () => get(`messages.json?contact=${contact}&after=zz`),
		note: () => act('add_note', { note: 'a note' }),
		'note wrong name': () => act('note', { note: 'a note' }),
		'note empty': () => act('add_note'),
		'note 10001': () => act('add_note', { note: 'x'.repeat(10_001) }),
		assign: () => act('assign', { assignee: 'BOB@example.com' }),
		'assign same again': () => act('assign', { assignee: 'bob@example.com' }),
		'assign unknown': () => act('assign', { assignee: 'x@example.com' }),
		unassign: () => act('assign', { assignee: null }),
		'topic unknown': () => act('change_topic', { topic: UNKNOWN_CONTACT }),
		'new topic': () => post('topics.json', { name: 'Sales' }),
		'change topic': () => act('change_topic', { topic: cast.topic() }),
		'unknown ticket': () => act('close', { tickets: [unknown] }),
		'one known one unknown': () => act('close', { tickets: [ticket, unknown] }),
		close: () => act('close'),
		'close again': () => act('close'),
		'ticket by uuid': () => get(`tickets.json?uuid=${ticket}`),
		'ticket bad uuid': () => get('tickets.json?uuid=zz'),
		reopen: () => act('reopen'),
		'tickets reverse': () => get('tickets.json?reverse=true'),
		contact: () => get(`contacts.json?uuid=${contact}`),
		'contact note+field': () => post(`contacts.json?uuid=${contact}`, { note: 'hi' }),
		interrupt: () => post('contact_actions.json', { contacts: [contact], action: 'interrupt' }),
		PUT: () => ({ method: 'PUT', path: 'messages.json' }),
		'workspace POST': () => post('workspace.json', {}),
		workspace: () => get('workspace.json'),
		users: () => get('users.json'),
		topics: () => get('topics.json'),
		...globalRequests(),
		'no such endpoint': () => get('nothing.json'),
		'bad cursor': () => get('messages.json?cursor=zz'),
		'after with an unescaped plus': () => get(`messages.json?contact=${contact}&after=2026-11-27T00:00:00+00:00`),
		'after without a zone': () => get(`messages.json?contact=${contact}&after=2026-11-27T00:00:00`),
		'after as a date': () => get(`messages.json?contact=${contact}&after=2026-11-27`),
		'unknown filters of tickets': () => get('tickets.json?status=closed&after=2100-01-01'),
		'tickets of no contact': () => get(`tickets.json?contact=${UNKNOWN_CONTACT}`),
		'contacts bad uuid': () => get('contacts.json?uuid=zz'),
		'contacts by urn': () => get('contacts.json?urn=whatsapp:12065551212'),
		definitions: () => get('definitions.json'),
		'bad token': () => get('workspace.json', { authorization: 'Token zz' }),
		bearer: () => get('workspace.json', { authorization: 'Bearer zz' }),
		'token with blanks': () => get('workspace.json', { authorization: 'Token a b' }),
		'token alone': () => get('workspace.json', { authorization: 'Token' }),
		'send nothing': () => post('messages.json', {}),
		'send neither text nor file': () => send({}),
		'send null': () => send({ text: null }),
		'send a number': () => send({ text: 5 }),
		'attachments no list': () => send({ text: 'x', attachments: 'zz' }),
		'attachment unknown': () => send({ text: 'x', attachments: ['zz'] }),
		'contact null': () => send({ contact: null, text: 'x' }),
		'unknown ticket in a message': () => send({ text: 'x', ticket: unknown }),
		'ticket in a message': () => send({ text: 'x', ticket }),
		'text 640': () => send({ text: 'é'.repeat(640) }),
		'text 641': () => send({ text: 'é'.repeat(641) }),
		'640 within blanks': () => send({ text: ` ${'x'.repeat(640)}\n` }),
		'other blanks': () => send({ text: '\u00a0\u200b\u2003x\ufeff\u3000\u200b\u2028' }),
		'lone surrogate': () => raw('messages.json', `{"contact":"${contact}","text":"a\\ud83d"}`),
		'form body': () => raw('messages.json', `contact=${contact}&text=form`, 'application/x-www-form-urlencoded'),
		'text/plain body': () => raw('messages.json', '{}', 'text/plain'),
		'actions nothing': () => post('ticket_actions.json', {}),
		'actions not a uuid': () => act('close', { tickets: ['zz'] }),
		'actions no list': () => act('close', { tickets: 'zz' }),
		'reopen an open one': () => act('reopen'),
		'assign nobody named': () => act('assign'),
		'note of blanks': () => act('add_note', { note: '  ' }),
		'topic not named': () => act('change_topic'),
		'topic taken': () => post('topics.json', { name: 'Sales' }),
		'topic blank': () => post('topics.json', { name: '' }),
		'GET media': () => get('media.json'),
		'DELETE tickets': () => ({ method: 'DELETE', path: 'tickets.json' }),
		'POST tickets': () => post('tickets.json', {}),
	};
}

function mediaRequests(png: Part): Record<string, () => Asked> {
	return {
		'media png': () => upload(Buffer.alloc(73), { filename: 'pic ture é.png', type: 'image/png' }),
		'media docx': () =>
			upload('x', {
				filename: 'a.docx',
				type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
			}),
		'media pdf': () => upload('%PDF-1.4\n', { filename: 'a.pdf', type: 'application/pdf' }),
		'media pdf mislabelled as png (declared type wins)': () => upload('%PDF-1.4\n', png),
		'media type with charset/codecs param': () => upload('OggS', { filename: 'a.ogg', type: 'audio/ogg; codecs=opus' }),
		'media empty file': () => upload('', png),
		'media no file': () => upload('x', { ...png, name: 'other' }),
		'media 26MB': () => upload(Buffer.alloc(26 * 1024 * 1024), png),
		'media json body': () => post('media.json', {}),
		'media in base64': () =>
			upload(Buffer.alloc(10).toString('base64'), { filename: 'b64.png', type: 'image/png', encoding: 'base64' }),
		'media filename*': () =>
			upload('png', { type: 'image/png', disposition: 'filename="x.png"; filename*=UTF-8\'\'pic%20%C3%A9.png' }),
		'media with a path': () => upload('png', { filename: '../../c.png', type: 'image/png' }),
		'media without a type': () => upload('png', { filename: 'a.png' }),
		'media bmp': () => upload('x', { filename: 'a.bmp', type: 'image/bmp' }),
		'media svg': () => upload('x', { filename: 'a.svg', type: 'image/svg+xml' }),
		'media m4a': () => upload('x', { filename: 'a.m4a', type: 'audio/mp4' }),
		'media upper-case': () => upload('x', { filename: 'a.png', type: 'IMAGE/PNG' }),
		'media text': () => upload('x', { filename: 'a.txt', type: 'text/plain' }),
	};
}

function globalRequests(): Record<string, () => Asked> {
	return {
		'globals of no such key': () => get('globals.json?key=harness_x'),
		'global made': () => post('globals.json', { name: 'Harness x', value: 'http://x' }),
		'global name taken': () => post('globals.json', { name: 'Harness x', value: 'http://z' }),
		'global changed': () => post('globals.json?key=harness_x', { value: 'http://y' }),
		'global of no such key changed': () => post('globals.json?key=nothing', { value: 'x' }),
		'global blank': () => post('globals.json?key=harness_x', { value: '' }),
		'global without a name': () => post('globals.json', { value: 'x' }),
		'global with a bad name': () => post('globals.json', { name: '!!!', value: 'x' }),
		'global by its key as name': () => post('globals.json', { name: 'harness_x', value: 'z' }),
		globals: () => get('globals.json'),
	};
}
