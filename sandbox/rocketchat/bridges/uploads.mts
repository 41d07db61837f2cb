import type { IUploadDetails } from '@rocket.chat/apps-engine/definition/uploads/IUploadDetails.js';
import type { IUpload } from '@rocket.chat/apps-engine/definition/uploads/index.js';
import { UploadBridge } from '@rocket.chat/apps-engine/server/bridges/index.js';
import { collections, type UploadDocument } from '../documents.mts';
import type { Server } from '../server.mts';

/** Files: an app reads any, and stores its own. */
export class SandboxUploadBridge extends UploadBridge {
	private readonly server: Server;

	constructor(server: Server) {
		super();
		this.server = server;
	}

	protected override async getById(id: string): Promise<IUpload> {
		const upload = await this.find(id);
		return (upload && (await this.server.converters.upload(upload))) as IUpload;
	}

	protected override async getBuffer(upload: IUpload): Promise<Buffer> {
		const stored = await this.find(upload?.id);
		if (!stored) throw new Error('Could not get the file buffer');
		return Buffer.from(stored.bytes);
	}

	/**
	 * docs/reference/rocketchat.md#accessors-for-apps: with a visitor's token the file becomes a livechat message of
	 * the visitor, or nothing, without an error, where the room is closed or another's; without one it is the user's.
	 */
	protected override async createUpload(details: IUploadDetails, buffer: Buffer): Promise<IUpload> {
		const { files } = this.server;
		if (!details.userId && !details.visitorToken) throw new Error('Missing user to perform the upload operation');
		const file = { name: details.name, bytes: new Uint8Array(buffer) };
		const upload = await files.store(details.rid, file, { userId: details.userId, visitorToken: details.visitorToken });
		if (details.visitorToken) await files.postAsVisitor(upload, details.visitorToken);
		else await files.postAsUser([upload], details.userId, '');
		return this.server.converters.upload(upload);
	}

	private find(id: string): Promise<UploadDocument | undefined> {
		return this.server.store.findOne<UploadDocument>(collections.uploads, { _id: id });
	}
}
