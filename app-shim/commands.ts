import type { IHttp, IModify, IPersistence, IRead } from '@rocket.chat/apps-engine/definition/accessors';
import type { IApp } from '@rocket.chat/apps-engine/definition/IApp';
import type { ISlashCommand, SlashCommandContext } from '@rocket.chat/apps-engine/definition/slashcommands';
import type { IUser } from '@rocket.chat/apps-engine/definition/users';

import type { Accessors } from './host';
import { loggerOf } from './logger';
import type { Runner } from './runner';
import { PATIENCE_MS, Trap } from './runner';

/** `/tickets`: what is typed goes to the core, and its answer to whoever typed it. */
export class TicketsCommand implements ISlashCommand {
	public readonly command = 'tickets';

	public readonly i18nParamsExample = 'command_params';

	public readonly i18nDescription = 'command_description';

	public readonly providesPreview = false;

	constructor(
		private readonly app: IApp,
		private readonly runner: Runner,
	) {}

	public async executor(
		context: SlashCommandContext,
		read: IRead,
		modify: IModify,
		http: IHttp,
		persistence: IPersistence,
	): Promise<void> {
		const accessors = { read, modify, http, persistence, logger: loggerOf(this.app) };
		const text = await this.answer(context, accessors);
		const notifier = read.getNotifier();
		const message = notifier.getMessageBuilder().setRoom(context.getRoom()).setText(text).getMessage();
		await notifier.notifyUser(context.getSender(), message);
	}

	private async answer(context: SlashCommandContext, accessors: Accessors): Promise<string> {
		const { roles, settings } = context.getSender() as IUser & WithSettings;
		const language = settings?.preferences?.language;
		const command = { room: context.getRoom().id, roles, language, words: context.getArguments() };
		try {
			const end = await this.runner.run({ command: { command } }, accessors, PATIENCE_MS);
			this.runner.startJobs(end.followUps, accessors);
			return String(end.response?.content);
		} catch (error) {
			const trap = Trap.of(error);
			accessors.logger.error(trap.message);
			return trap.words;
		}
	}
}

/** What the definitions of older engines do not name. */
interface WithSettings {
	settings?: { preferences?: { language?: string } };
}
