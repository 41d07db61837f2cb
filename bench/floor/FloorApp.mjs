/**
 * The least that an app between RapidPro and Rocket.Chat can do: the calls that nobody can leave out, no checks, nothing
 * stored. What it costs is the engine's own share, by which the benchmark measures the real app. Of no other use.
 */

import { App } from '@rocket.chat/apps-engine/definition/App';
import { ApiEndpoint, ApiSecurity, ApiVisibility } from '@rocket.chat/apps-engine/definition/api';

/** What was opened: tickets by their contact's token and by their room. */
const byToken = new Map();
const byRoom = new Map();

/** Where RapidPro takes webhooks, and the header that it wants. */
let webhook = { url: '', authorization: '' };

const ENDPOINTS = {
	'secret.check': async () => ({ status: 200 }),
	settings: connect,
	room: open,
	'room.close': close,
	'visitor-message': post,
};

async function connect({ content, headers }) {
	webhook = { url: content.webhook.url, authorization: headers.authorization };
	return { status: 204 };
}

async function open(
	{
		content: {
			ticketID,
			visitor: { token, name },
		},
	},
	modify,
) {
	const creator = modify.getCreator().getLivechatCreator();
	const visitor = { token, name, username: `contact-${token}` };
	visitor.id = await creator.createVisitor(visitor);
	const room = await creator.createRoom(visitor, undefined, { source: { type: 'app' } });
	const ticket = { ticketID, token, visitor, room };
	byToken.set(token, ticket);
	byRoom.set(room.id, ticket);
	return { status: 200, content: { id: room.id } };
}

async function close(
	{
		content: {
			visitor: { token },
		},
	},
	modify,
) {
	const { room } = byToken.get(token);
	byToken.delete(token);
	byRoom.delete(room.id);
	await modify.getUpdater().getLivechatUpdater().closeRoom(room, 'Closed');
	return { status: 204 };
}

async function post(
	{
		content: {
			visitor: { token },
			text,
		},
	},
	modify,
) {
	const { room, visitor } = byToken.get(token);
	const creator = modify.getCreator();
	const message = creator.startLivechatMessage().setRoom(room).setVisitor(visitor).setText(text);
	return { status: 201, content: { id: await creator.finish(message) } };
}

class Endpoint extends ApiEndpoint {
	constructor(app, path) {
		super(app);
		this.path = path;
		this.get = this.answer;
		this.post = this.answer;
		this.put = this.answer;
	}

	answer(request, _endpoint, _read, modify) {
		return ENDPOINTS[this.path](request, modify);
	}
}

export class FloorApp extends App {
	async executePostMessageSent({ room, sender, text, type, _unmappedProperties_: unmapped }, _read, http) {
		const ticket = byRoom.get(room.id);
		if (!ticket || type || unmapped?.t || sender.id === ticket.visitor.id) return;
		await http.post(webhook.url, {
			headers: { Authorization: webhook.authorization, 'Content-Type': 'application/json' },
			content: JSON.stringify({
				type: 'agent-message',
				ticketID: ticket.ticketID,
				visitor: { token: ticket.token },
				data: { text },
			}),
		});
	}

	async extendConfiguration(configuration) {
		// The one that whoever installs either app fills in.
		await configuration.settings.provideSetting({
			id: 'app_secret',
			type: 'password',
			packageValue: '',
			required: true,
			public: false,
			i18nLabel: 'app_secret',
		});
		await configuration.api.provideApi({
			visibility: ApiVisibility.PUBLIC,
			security: ApiSecurity.UNSECURE,
			endpoints: Object.keys(ENDPOINTS).map((path) => new Endpoint(this, path)),
		});
	}
}
