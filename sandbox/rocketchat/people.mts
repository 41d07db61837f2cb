import { clock } from './clock.mts';
import {
	type AttachmentDocument,
	collections,
	type DepartmentDocument,
	type FileReference,
	type MessageDocument,
} from './documents.mts';
import type { NewFile } from './files.mts';
import type { NewMessage } from './messages.mts';
import type { Server } from './server.mts';
import { newId } from './store.mts';
import { reference } from './users.mts';

/** What an agent writes. */
export interface AgentMessage {
	text?: string;
	files?: NewFile[];
	/** Files that the message says it has, wherever they were really sent: Rocket.Chat believes its users. */
	namedFiles?: FileReference[];
	attachments?: AttachmentDocument[];
	/** The message it answers in a thread. */
	threadId?: string;
	/** Blocks of the UI kit, as cards and polls are made of. */
	blocks?: unknown[];
	/** Where its author is. */
	location?: { longitude: number; latitude: number };
}

/** People and what they do at one server: the administrator, agents, website visitors, and apps other than the one under test. */
export class People {
	protected readonly server: Server;

	constructor(server: Server) {
		this.server = server;
	}

	/** A department that is offered for new conversations; agents by username. */
	async addDepartment(
		department: Partial<Omit<DepartmentDocument, '_id' | 'agents'>> & { id?: string; name: string; agents?: string[] },
	): Promise<string> {
		const { id = newId(), agents = [], ...rest } = department;
		const users = await Promise.all(agents.map((username) => this.server.users.require(username)));
		return this.server.store.insert(collections.departments, {
			_id: id,
			email: `${id}@example.org`,
			enabled: true,
			numAgents: agents.length,
			showOnRegistration: true,
			showOnOfflineForm: true,
			_updatedAt: clock.now(),
			...rest,
			agents: users.map(({ _id }) => _id),
		});
	}

	/** A livechat agent, online unless said otherwise. */
	async addAgent({
		username,
		name = username,
		online = true,
	}: {
		username: string;
		name?: string;
		online?: boolean;
	}): Promise<string> {
		const agent = await this.server.users.create({
			username,
			name,
			emails: [{ address: `${username}@example.org`, verified: true }],
			roles: ['user', 'livechat-agent'],
			status: online ? 'online' : 'offline',
			statusLivechat: 'available',
		});
		return agent._id;
	}

	/** A user with these roles and this language, who may be no agent. */
	async addUser({
		username,
		roles,
		language,
	}: {
		username: string;
		roles: string[];
		language?: string;
	}): Promise<void> {
		await this.server.users.create({ username, roles, settings: { preferences: { language } } });
	}

	async setAgentOnline(username: string, online: boolean): Promise<void> {
		const { _id } = await this.server.users.require(username);
		await this.server.store.updateOne(collections.users, { _id }, { $set: { status: online ? 'online' : 'offline' } });
	}

	/** An omnichannel custom field. */
	async addCustomField({
		id,
		label = id,
		scope = 'visitor',
		regexp,
	}: {
		id: string;
		label?: string;
		scope?: 'visitor' | 'room';
		regexp?: string;
	}): Promise<void> {
		await this.server.store.insert(collections.customFields, { _id: id, label, scope, ...(regexp && { regexp }) });
	}

	/** A public channel, whose messages are nobody's ticket. */
	addChannel(name: string): Promise<string> {
		const now = clock.now();
		const channel = {
			_id: newId(),
			t: 'c',
			name,
			fname: name,
			msgs: 0,
			usersCount: 1,
			lm: now,
			ts: now,
			_updatedAt: now,
		};
		return this.server.store.insert(collections.rooms, channel);
	}

	/** A user writes in a room, or sends files there as one message. */
	async agentWrites(roomId: string, username: string, message: string | AgentMessage): Promise<string> {
		const written: AgentMessage = typeof message === 'string' ? { text: message } : message;
		const { text = '', files = [] } = written;
		const user = await this.server.users.require(username);
		if (files.length > 0) {
			const uploads = await Promise.all(
				files.map((file) => this.server.files.store(roomId, file, { userId: user._id })),
			);
			return sentId(await this.server.files.postAsUser(uploads, user._id, text));
		}
		return sentId(await this.server.messages.send({ rid: roomId, u: reference(user), ...contentOf(written) }));
	}

	/**
	 * A user answers a message by quoting it, or forwards it: the text begins with the link that the server makes the
	 * attachment of, which holds what the message had attached.
	 */
	async quote(roomId: string, username: string, quotedId: string, text = ''): Promise<string> {
		const quoted = await this.requireMessage(quotedId);
		const link = `${this.server.settings.get('Site_Url')}/live/${quoted.rid}?msg=${quotedId}`;
		const attachment = {
			message_link: link,
			author_name: quoted.u.username,
			author_icon: `/avatar/${quoted.u.username}`,
			text: quoted.msg,
			attachments: quoted.attachments ?? [],
			ts: quoted.ts,
		};
		return this.agentWrites(roomId, username, { text: `[ ](${link}) ${text}`, attachments: [attachment] });
	}

	private async requireMessage(id: string): Promise<MessageDocument> {
		const message = await this.server.store.findOne<MessageDocument>(collections.messages, { _id: id });
		if (!message) throw new Error(`there is no message ${id}`);
		return message;
	}

	/** A user types a slash command of an app into a room. Resolves when the app is through with it. */
	async typeCommand(roomId: string, username: string, typed: string): Promise<void> {
		const [, name, parameters] = /^\/(\S+) ?(.*)$/s.exec(typed) ?? [];
		if (name === undefined) throw new Error(`this is no command: ${typed}`);
		await this.server.commands.type(name, parameters ?? '', await this.server.users.require(username), roomId);
	}

	/** A user edits a message. */
	async editMessage(messageId: string, username: string, text: string): Promise<void> {
		const user = await this.server.users.require(username);
		await this.server.messages.edit(messageId, { msg: text }, reference(user));
	}

	/** A user deletes a message; the setting that keeps a trace of it, Message_ShowDeletedStatus, is off by default. */
	async deleteMessage(messageId: string, username: string): Promise<void> {
		await this.server.messages.delete(messageId, reference(await this.server.users.require(username)));
	}

	/** An agent closes a conversation; the comment is asked for by default, as in Rocket.Chat. */
	async closeRoom(roomId: string, { by, comment = 'Resolved' }: { by: string; comment?: string }): Promise<void> {
		const room = await this.server.livechat.byId(roomId);
		if (!room) throw new Error(`there is no room ${roomId}`);
		await this.server.livechat.close(room, { user: await this.server.users.require(by) }, comment);
	}

	/** The website visitor of a room ends the conversation. */
	async visitorCloses(roomId: string): Promise<void> {
		const room = await this.server.livechat.byId(roomId);
		if (!room?.v) throw new Error(`there is no livechat room ${roomId}`);
		await this.server.livechat.close(room, { visitor: room.v }, 'Closed by visitor');
	}

	/** Hands a conversation to another agent or department; false if there is nothing to hand over. */
	async transferRoom(
		roomId: string,
		{ by, agent, department }: { by: string; agent?: string; department?: string },
	): Promise<boolean> {
		const target = {
			agent: agent === undefined ? undefined : await this.server.users.require(agent),
			department: department === undefined ? undefined : await this.server.visitors.departmentByIdOrName(department),
		};
		return this.server.livechat.transfer(roomId, target, await this.server.users.require(by));
	}

	/** An agent takes a room from the queue (setting Livechat_Routing_Method: Manual_Selection). */
	async takeRoom(roomId: string, username: string): Promise<void> {
		await this.server.livechat.take(roomId, await this.server.users.require(username));
	}

	/** A room goes back to the queue. */
	returnRoomToQueue(roomId: string): Promise<void> {
		return this.server.livechat.returnToQueue(roomId);
	}

	/** A visitor of the website, whose room no app made. */
	async widgetVisitor({
		token = newId(),
		name = 'Website visitor',
		email,
		phone,
		department,
	}: {
		token?: string;
		name?: string;
		email?: string;
		phone?: string;
		department?: string;
	} = {}): Promise<{ visitorId: string; token: string; roomId: string }> {
		const visitor = await this.server.visitors.register({ token, name, email, phone, department });
		const room = await this.server.livechat.create({
			visitor: { ...this.server.converters.visitor(visitor) },
			source: { type: 'widget' },
		});
		return { visitorId: visitor._id, token, roomId: room._id };
	}

	/** The visitor of a room writes there himself, as with the widget. */
	async visitorWrites(roomId: string, text: string): Promise<string> {
		const { v, fname, source } = (await this.server.livechat.byId(roomId)) ?? {};
		if (!v) throw new Error(`there is no livechat room ${roomId}`);
		const visitor = { id: v._id, username: v.username, token: v.token, name: fname };
		const newRoomSource = source ?? { type: 'widget' };
		return sentId(
			await this.server.livechat.visitorWrites({ rid: roomId, token: v.token, visitor, msg: text, newRoomSource }),
		);
	}

	/** The user of another app writes. */
	async otherAppWrites(roomId: string, message: string | AgentMessage): Promise<string> {
		const username = 'other-app.bot';
		const known = await this.server.users.byUsername(username);
		const user =
			known ?? (await this.server.users.create({ username, type: 'app', appId: 'another-app', roles: ['app'] }));
		return sentId(await this.server.messages.send({ rid: roomId, u: reference(user), ...contentOf(message) }));
	}

	/** A bot that works as an agent writes. */
	async botWrites(roomId: string, message: string | AgentMessage): Promise<string> {
		const username = 'rocket.cat';
		const known = await this.server.users.byUsername(username);
		const user = known ?? (await this.server.users.create({ username, type: 'bot', roles: ['bot', 'livechat-agent'] }));
		return sentId(await this.server.messages.send({ rid: roomId, u: reference(user), ...contentOf(message) }));
	}

	/** Another app prevents the messages whose text matches; none any more without a pattern. */
	anotherAppPrevents(pattern?: RegExp): void {
		this.server.messages.isPrevented = ({ msg }) => pattern?.test(msg) ?? false;
	}

	/** The licence's monthly contacts are used up, or there are some again. */
	useUpMonthlyContacts(usedUp = true): void {
		this.server.messages.monthlyContactsUsedUp = usedUp;
	}

	/** A department is put away: no longer enabled, still there. */
	async archiveDepartment(id: string): Promise<void> {
		const archived = { $set: { archived: true, enabled: false } };
		await this.server.store.updateOne(collections.departments, { _id: id }, archived);
	}

	/** A manager makes a conversation another visitor's. */
	async changeVisitor(roomId: string, visitorId: string): Promise<void> {
		const visitor = await this.server.visitors.byId(visitorId);
		if (!visitor) throw new Error(`there is no visitor ${visitorId}`);
		await this.server.livechat.changeVisitor(roomId, visitor);
	}

	/** The server writes, see docs/reference/rocketchat.md#shapes for the types. */
	async systemMessage(roomId: string, type: string, text: string): Promise<string> {
		const user = await this.server.users.require(this.server.adminName);
		return sentId(await this.server.messages.saveSystem(type, roomId, text, reference(user)));
	}

	/** Agents block the contact behind a visitor token (Rocket.Chat 7 and later). */
	async blockContact(visitorToken: string): Promise<void> {
		await this.server.store.updateOne(collections.visitors, { token: visitorToken }, { $set: { blocked: true } });
	}

	async removeVisitor(id: string): Promise<void> {
		await this.server.store.remove(collections.visitors, { _id: id });
	}

	async removeRoom(id: string): Promise<void> {
		await this.server.store.remove(collections.messages, { rid: id });
		await this.server.store.remove(collections.inquiries, { rid: id });
		await this.server.store.remove(collections.rooms, { _id: id });
	}
}

/** A message's own part of what is stored. */
function contentOf(message: string | AgentMessage): Pick<NewMessage, 'msg'> & Partial<NewMessage> {
	if (typeof message === 'string') return { msg: message };
	const { text = '', namedFiles, attachments, threadId, blocks, location } = message;
	return {
		msg: text,
		...(namedFiles && { files: namedFiles }),
		...(attachments && { attachments }),
		...(threadId && { tmid: threadId }),
		...(blocks && { blocks }),
		...(location && { location: { type: 'Point', coordinates: [location.longitude, location.latitude] } }),
	};
}

function sentId(message: MessageDocument | undefined): string {
	if (!message) throw new Error('an app prevented the message');
	return message._id;
}
