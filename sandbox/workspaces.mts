import { Feed } from './feed.mts';
import { type Contact, RapidPro, type Release } from './rapidpro/index.mts';
import type { RocketChat } from './rocketchat/index.mts';

/** A RapidPro; only those beside the first have names. */
export interface Workspace {
	name?: string;
	rapidPro: RapidPro;
}

/** The RapidPros that are connected to the app. Contacts' numbers begin anew in each, so here they have longer ids. */
export class Workspaces {
	/** Told of those that come later. */
	readonly added = new Feed<Workspace>();
	readonly list: Workspace[];
	private readonly rocketChat: RocketChat;
	private readonly started: (stop: () => Promise<void>) => void;

	/** @param started takes what has been started, to be stopped in the opposite order. */
	constructor(rocketChat: RocketChat, first: RapidPro, started: (stop: () => Promise<void>) => void) {
		this.rocketChat = rocketChat;
		this.list = [{ rapidPro: first }];
		this.started = started;
	}

	/**
	 * One more RapidPro of this name, put into the app's setting More workspaces and connected; or the one that is there.
	 * With a release it has no ticketers.
	 */
	async add(name: string, release?: Release): Promise<RapidPro> {
		const known = this.list.find((workspace) => workspace.name === name);
		if (known !== undefined) return known.rapidPro;
		const rapidPro = await RapidPro.start({ release });
		this.started(() => rapidPro.stop());
		await this.enter(name, rapidPro);
		const workspace = { name, rapidPro };
		this.list.push(workspace);
		this.added.tell(workspace);
		if (!rapidPro.hasNoTicketers) await rapidPro.connect(this.rocketChat.appUrl);
		return rapidPro;
	}

	/** The id by which a contact is found among those of all workspaces. */
	idOf(contact: Contact): string {
		const workspace = this.list.find(({ rapidPro }) => rapidPro.model.contacts.includes(contact));
		return idIn(workspace, contact);
	}

	/** The contact with this id and its RapidPro. */
	find(id: string): { contact: Contact; rapidPro: RapidPro } {
		for (const workspace of this.list) {
			const contact = workspace.rapidPro.model.contacts.find((candidate) => idIn(workspace, candidate) === id);
			if (contact !== undefined) return { contact, rapidPro: workspace.rapidPro };
		}
		throw new Error(`There is no contact ${id}`);
	}

	/** Leaves the administrator's other lines as they are. */
	private async enter(name: string, { hasNoTicketers, secret, url, apiToken }: RapidPro): Promise<void> {
		const connection = hasNoTicketers ? `connection=api; address=${url}; token=${apiToken}` : `secret=${secret}`;
		const { settings } = await this.rocketChat.appPage();
		const written = String(settings.find(({ id }) => id === 'more_workspaces')?.value ?? '');
		const others = written.split('\n').filter((line) => line.trim() !== '' && !line.startsWith(`${name};`));
		await this.rocketChat.setAppSetting('more_workspaces', [...others, `${name}; ${connection}`].join('\n'));
	}
}

/** A contact's number, with the workspace's name where it has one. */
export function idIn(workspace: Workspace | undefined, { id }: Contact): string {
	return workspace?.name === undefined ? String(id) : `${workspace.name}-${id}`;
}
