import type { IRoom } from '@rocket.chat/apps-engine/definition/rooms/index.js';
import { type ISlashCommand, SlashCommandContext } from '@rocket.chat/apps-engine/definition/slashcommands/index.js';
import type { AppManager } from '@rocket.chat/apps-engine/server/AppManager.js';
import { CommandBridge } from '@rocket.chat/apps-engine/server/bridges/index.js';
import type { Activity } from '../activity.mts';
import type { Converters } from '../converters.mts';
import type { UserDocument } from '../documents.mts';

/** What commands need of the server. */
interface Surroundings {
	converters: Converters;
	activity: Activity;
}

/**
 * The slash commands of apps, which users type into a room's message box
 * (docs/reference/rocketchat.md#accessors-for-apps).
 */
export class SandboxCommandBridge extends CommandBridge {
	private readonly commands = new Map<string, string>();
	private readonly server: Surroundings;
	private manager?: AppManager;

	constructor(server: Surroundings) {
		super();
		this.server = server;
	}

	connect(manager: AppManager): void {
		this.manager = manager;
	}

	/** The names of the commands that are offered. */
	names(): string[] {
		return [...this.commands.keys()];
	}

	/**
	 * A user types `/<name> <parameters>`. The app gets the user and the room as of now, and the parameters split at each
	 * blank; where nothing follows the name, none.
	 */
	async type(name: string, parameters: string, user: UserDocument, roomId: string): Promise<void> {
		if (!this.commands.has(name)) throw new Error(`No such command: "/${name}"`);
		const { converters, activity } = this.server;
		const room = (await converters.roomById(roomId)) as IRoom;
		const words = parameters.trim() === '' ? [] : parameters.split(' ');
		const context = new SlashCommandContext(converters.user(user), room, words);
		await activity.track(Promise.resolve(this.manager?.getCommandManager().executeCommand(name, context)));
	}

	/** Engine 1.28 takes a promise for a yes. */
	protected override doesCommandExist(command: string): Promise<boolean> {
		return this.commands.has(command.toLowerCase()) as unknown as Promise<boolean>;
	}

	protected override async registerCommand({ command }: ISlashCommand, appId: string): Promise<void> {
		this.commands.set(command.toLowerCase(), appId);
	}

	protected override async unregisterCommand(command: string): Promise<void> {
		this.commands.delete(command.toLowerCase());
	}

	protected override async enableCommand(): Promise<void> {
		throw new Error('the sandbox has no commands of its own');
	}

	protected override async disableCommand(): Promise<void> {
		throw new Error('the sandbox has no commands of its own');
	}

	protected override async modifyCommand(): Promise<void> {
		throw new Error('the sandbox has no commands of its own');
	}
}
