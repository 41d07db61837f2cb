import { Feed } from './feed.mts';
import type { RapidPro } from './rapidpro/index.mts';
import type { ClusterNode } from './rocketchat/cluster/clusterNode.mts';
import type { RocketChat } from './rocketchat/index.mts';
import type { RapidProHealth, Troubles } from './troubles.mts';

/** How long a slow RapidPro takes: less than the app waits. */
const SLOW_MS = 6000;
/** How long RapidPro goes on before it stores a ticket that Rocket.Chat has taken, where it is late with that. */
const LATE_MS = 8000;

const ALWAYS = { times: Number.POSITIVE_INFINITY };

/** What anybody may break by hand, and mend again. */
export class Trouble {
	readonly changes = new Feed<Troubles>();
	private readonly rocketChat: RocketChat;
	private readonly rapidPro: RapidPro;
	private node?: ClusterNode;
	private atSecondNode = false;
	private now: Troubles = { rapidPro: 'well', app: 'enabled', secondNode: 'off', clockAheadMs: 0 };

	constructor(rocketChat: RocketChat, rapidPro: RapidPro) {
		this.rocketChat = rocketChat;
		this.rapidPro = rapidPro;
	}

	get troubles(): Troubles {
		return this.now;
	}

	/** How RapidPro takes webhooks from now on. What it had begun goes on as it began. */
	setRapidPro(rapidPro: RapidProHealth): void {
		const { hasNoTicketers, faults: ofWebhooks, apiFaults } = this.rapidPro;
		const faults = hasNoTicketers ? apiFaults : ofWebhooks;
		faults.clear();
		if (rapidPro === 'down') faults.drop(ALWAYS);
		if (rapidPro === 'slow') faults.delay(SLOW_MS, ALWAYS);
		if (rapidPro === 'failing') faults.answer({ status: 500, body: { error: 'out of order' } }, ALWAYS);
		this.note({ rapidPro });
	}

	/** How long RapidPro takes to store a ticket that is being opened. */
	get commitAfterMs(): number {
		return this.now.rapidPro === 'late' ? LATE_MS : 0;
	}

	/** Kills the app's process; resolves when Rocket.Chat has started another. */
	async killApp(): Promise<void> {
		const { app } = this.now;
		this.note({ app: 'restarting' });
		await this.rocketChat.killApp().finally(() => this.note({ app }));
	}

	async enableApp(enabled: boolean): Promise<void> {
		if (enabled) await this.rocketChat.enableApp();
		else await this.rocketChat.disableApp();
		this.note({ app: enabled ? 'enabled' : 'disabled' });
	}

	/** Starts a second Rocket.Chat node, or kills it. */
	async setSecondNode(on: boolean): Promise<void> {
		if (on && this.now.secondNode === 'off') {
			this.note({ secondNode: 'starting' });
			this.node = await this.rocketChat.addNode().catch((error) => {
				this.note({ secondNode: 'off' });
				throw error;
			});
			this.note({ secondNode: 'on' });
		} else if (!on && this.node) {
			const { node } = this;
			this.node = undefined;
			await this.rocketChat.removeNode(node);
			this.note({ secondNode: 'off' });
		}
	}

	async moveClock(ms: number): Promise<void> {
		await this.rocketChat.moveClock(ms);
		this.note({ clockAheadMs: this.now.clockAheadMs + ms });
	}

	/** The node at which somebody acts next: with two, they take turns. */
	get people(): Pick<
		RocketChat,
		'agentWrites' | 'typeCommand' | 'closeRoom' | 'transferRoom' | 'takeRoom' | 'returnRoomToQueue'
	> {
		this.atSecondNode = !this.atSecondNode;
		return this.atSecondNode && this.node ? this.node.people : this.rocketChat;
	}

	private note(change: Partial<Troubles>): void {
		this.now = { ...this.now, ...change };
		this.changes.tell(this.now);
	}
}
