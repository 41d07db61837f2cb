import { App } from '@rocket.chat/apps-engine/definition/App';
import type {
	IAppInstallationContext,
	IConfigurationExtend,
	IConfigurationModify,
	IEnvironmentRead,
	IHttp,
	IModify,
	IPersistence,
	IRead,
} from '@rocket.chat/apps-engine/definition/accessors';
import { ApiSecurity, ApiVisibility } from '@rocket.chat/apps-engine/definition/api';
import type { ILivechatRoom, IPostLivechatRoomClosed } from '@rocket.chat/apps-engine/definition/livechat';
import type { IMessage, IPostMessageSent, IPostSystemMessageSent } from '@rocket.chat/apps-engine/definition/messages';
import { RoomType } from '@rocket.chat/apps-engine/definition/rooms';
import type { ISetting } from '@rocket.chat/apps-engine/definition/settings';

import { TicketsCommand } from './app-shim/commands';
import { endpoints } from './app-shim/endpoints';
import { errorText } from './app-shim/errorText';
import type { Accessors } from './app-shim/host';
import { messageOf, roomOf, typeOf } from './app-shim/host';
import { processors } from './app-shim/jobs';
import { loggerOf } from './app-shim/logger';
import { Runner } from './app-shim/runner';
import { settings } from './app-shim/settings';
import type { Timers } from './app-shim/timers';

/** Apps-Engine 1.28 knows `setTimeout` in this file only, and the packer in none: looked up when it is needed. */
const timers: Timers = {
	start(call, ms) {
		const timer = setTimeout(call, ms);
		return () => clearTimeout(timer);
	},
};

/** The class that Rocket.Chat loads: says what the app offers and hears, and passes everything on to the core. */
export class TicketsApp extends App implements IPostMessageSent, IPostSystemMessageSent, IPostLivechatRoomClosed {
	private readonly runner = new Runner(this.getID(), timers);

	public override async onInstall(
		_context: IAppInstallationContext,
		read: IRead,
		http: IHttp,
		persistence: IPersistence,
		modify: IModify,
	): Promise<void> {
		// Nobody waits: what is not made now is made when it is needed.
		await this.runner.runEvent('installed', this.accessorsOf(read, http, persistence, modify), 0);
	}

	public override async onEnable(
		_environment: IEnvironmentRead,
		{ scheduler }: IConfigurationModify,
	): Promise<boolean> {
		const { reader: read, http } = this.getAccessors();
		await this.runner.runEvent('enabled', { read, http, scheduler, logger: loggerOf(this) });
		return true;
	}

	public override async onSettingUpdated(
		_setting: ISetting,
		{ scheduler }: IConfigurationModify,
		read: IRead,
		http: IHttp,
	): Promise<void> {
		await this.runner.runEvent('settingUpdated', { read, http, scheduler, logger: loggerOf(this) });
	}

	/**
	 * Channels and direct messages are none of this app's business. Asked about each beforehand, as an app can be, it would
	 * be called twice for every message that is.
	 */
	public async executePostMessageSent(
		message: IMessage,
		read: IRead,
		http: IHttp,
		persistence: IPersistence,
		modify: IModify,
	): Promise<void> {
		if (message.room.type !== RoomType.LIVE_CHAT) {
			return;
		}
		await this.runner.runEvent(
			{ messageSent: { message: messageOf(message) } },
			this.accessorsOf(read, http, persistence, modify),
		);
	}

	/** Newer servers tell of the closing comment here, older ones above. Nothing else that the server says matters. */
	public async executePostSystemMessageSent(
		message: IMessage,
		read: IRead,
		http: IHttp,
		persistence: IPersistence,
		modify: IModify,
	): Promise<void> {
		if (typeOf(message) === 'livechat-close') {
			await this.executePostMessageSent(message, read, http, persistence, modify);
		}
	}

	public async executePostLivechatRoomClosed(
		room: ILivechatRoom,
		read: IRead,
		http: IHttp,
		persistence: IPersistence,
		modify?: IModify,
	): Promise<void> {
		await this.runner.runEvent(
			{ roomClosed: { room: roomOf(room) } },
			this.accessorsOf(read, http, persistence, modify),
		);
	}

	protected override async extendConfiguration(configuration: IConfigurationExtend): Promise<void> {
		await Promise.all(settings.map((setting) => configuration.settings.provideSetting(setting)));
		await configuration.api.provideApi({
			visibility: ApiVisibility.PUBLIC,
			security: ApiSecurity.UNSECURE,
			endpoints: endpoints(this, this.runner),
		});
		await configuration.scheduler.registerProcessors(processors(this, this.runner));
		await this.provideCommand(configuration);
	}

	/** Tickets must not suffer where another app has a command of this name. */
	private async provideCommand({ slashCommands }: IConfigurationExtend): Promise<void> {
		try {
			await slashCommands.provideSlashCommand(new TicketsCommand(this, this.runner));
		} catch (error) {
			loggerOf(this).error(`there is no command /tickets: ${errorText(error)}`);
		}
	}

	private accessorsOf(read: IRead, http: IHttp, persistence: IPersistence, modify?: IModify): Accessors {
		return { read, http, persistence, modify, logger: loggerOf(this) };
	}
}
