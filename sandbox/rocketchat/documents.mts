/**
 * The documents of Rocket.Chat's database, as far as the sandbox keeps them; field names are Rocket.Chat's own. The
 * interfaces name a collection each.
 */

/** Short form of a user or visitor inside other documents. */
export interface UserReference {
	_id: string;
	username: string;
	name?: string;
}

/** `users` */
export interface UserDocument extends UserReference {
	name: string;
	emails: { address: string; verified: boolean }[];
	type: 'user' | 'bot' | 'app';
	active: boolean;
	roles: string[];
	settings?: { preferences?: { language?: string } };
	status: 'online' | 'offline';
	/** Whether an agent accepts conversations. */
	statusLivechat?: 'available' | 'not-available';
	appId?: string;
	utcOffset: number;
	createdAt: Date;
	_updatedAt: Date;
	lastLogin: Date;
}

/** `livechat_visitor` */
export interface VisitorDocument {
	_id: string;
	username: string;
	name?: string;
	token?: string;
	phone?: { phoneNumber: string }[];
	visitorEmails?: { address: string }[];
	/** A department's id. */
	department?: string;
	livechatData?: Record<string, string>;
	status?: string;
	disabled?: boolean;
	externalIds?: { appId: string; entityId: string; metadata?: Record<string, unknown> }[];
	/** The contact's channel was blocked by an agent (Rocket.Chat 7). */
	blocked?: boolean;
	ts: Date;
	_updatedAt: Date;
}

/** `livechat_department` */
export interface DepartmentDocument {
	_id: string;
	name: string;
	email: string;
	description?: string;
	enabled: boolean;
	archived?: boolean;
	numAgents: number;
	showOnRegistration: boolean;
	showOnOfflineForm: boolean;
	/** Where conversations go while nobody here is online: a department's id. */
	fallbackForwardDepartment?: string;
	/** Agents must tag a conversation before they close it. */
	requestTagBeforeClosingChat?: boolean;
	chatClosingTags?: string[];
	/** In MongoDB a collection of its own; ids of users. */
	agents: string[];
	_updatedAt: Date;
}

/** `livechat_custom_field` */
export interface CustomFieldDocument {
	/** The field's id. */
	_id: string;
	label: string;
	scope: 'visitor' | 'room';
	regexp?: string;
}

/** Where a conversation came from. */
export interface RoomSource {
	type: 'app' | 'widget' | 'api' | 'other';
	id?: string;
	alias?: string;
	label?: string;
	sidebarIcon?: string;
	defaultIcon?: string;
	destination?: string;
}

/** `rocketchat_room` */
export interface RoomDocument {
	_id: string;
	/** `l` livechat, `c` channel. */
	t: 'l' | 'c';
	name?: string;
	fname?: string;
	msgs: number;
	usersCount: number;
	lm: Date;
	ts: Date;
	_updatedAt: Date;
	departmentId?: string;
	v?: { _id: string; username: string; token: string; status?: string; department?: string };
	servedBy?: UserReference & { ts: Date };
	responseBy?: UserReference & { firstResponseTs: Date };
	waitingResponse?: boolean;
	/** `true` or absent, never false. */
	open?: true;
	cl?: boolean;
	onHold?: boolean;
	source?: RoomSource;
	livechatData?: Record<string, string>;
	customFields?: Record<string, unknown>;
	queuedAt?: Date;
	closedAt?: Date;
	closer?: 'user' | 'visitor';
	closedBy?: UserReference;
	tags?: string[];
	metrics?: Record<string, unknown>;
	u?: UserReference;
	/** Covered by the index that lets a visitor's token have one open room. */
	_enforceSingleRoom?: true;
}

/** `rocketchat_livechat_inquiry` */
export interface InquiryDocument {
	_id: string;
	rid: string;
	/** `verifying`: not queued before the visitor has proved who he is. */
	status: 'queued' | 'taken' | 'verifying';
	department?: string;
}

/** A file of a message. */
export interface FileReference {
	_id: string;
	name: string;
	type: string;
	size: number;
	format: string;
	typeGroup?: string;
}

/** An attachment as stored: the fields are the database's, see `converters.mts` for what an app gets. */
export interface AttachmentDocument {
	[field: string]: unknown;
}

/** `rocketchat_message` */
export interface MessageDocument {
	_id: string;
	rid: string;
	msg: string;
	ts: Date;
	u: UserReference;
	_updatedAt: Date;
	/** Present on system messages. */
	t?: string;
	/** Present on what a visitor wrote. */
	token?: string;
	alias?: string;
	groupable?: boolean;
	tmid?: string;
	emoji?: string;
	avatar?: string;
	editedAt?: Date;
	editedBy?: UserReference;
	file?: FileReference;
	files?: FileReference[];
	attachments?: AttachmentDocument[];
	blocks?: unknown[];
	/** Where its author is; the point's coordinates are longitude and latitude. */
	location?: { type: 'Point'; coordinates: [number, number] };
	customFields?: Record<string, unknown>;
	urls?: unknown[];
	mentions?: unknown[];
	channels?: unknown[];
	md?: unknown[];
	/** Of a `livechat_transfer_history` message. */
	transferData?: object;
	/** Of a `livechat-close` message. */
	transcriptRequested?: boolean;
}

/** `rocketchat_uploads` */
export interface UploadDocument {
	_id: string;
	name: string;
	type: string;
	size: number;
	extension: string;
	rid: string;
	userId?: string;
	visitorToken?: string;
	description?: string;
	path: string;
	uploadedAt: Date;
	_updatedAt: Date;
	/** In Rocket.Chat in GridFS or on a disk. */
	bytes: Uint8Array;
}

/** The collections' names. */
export const collections = {
	users: 'users',
	visitors: 'livechat_visitor',
	departments: 'livechat_department',
	customFields: 'livechat_custom_field',
	rooms: 'rocketchat_room',
	inquiries: 'rocketchat_livechat_inquiry',
	messages: 'rocketchat_message',
	uploads: 'rocketchat_uploads',
	settings: 'rocketchat_settings',
	apps: 'rocketchat_apps',
	appSources: 'rocketchat_apps_packages',
	persistence: 'rocketchat_apps_persistence',
	jobs: 'rocketchat_apps_scheduler',
	counters: 'counters',
	keys: 'rocketchat_federation_keys',
} as const;
