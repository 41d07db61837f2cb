import { type Contact, RapidPro } from '../../sandbox/rapidpro/index.mts';
import { type ClusterNode, type ClusterOptions, RocketChatCluster } from '../../sandbox/rocketchat/cluster/index.mts';
import { AppClient } from './app-client.mts';
import type { Scene } from './delivery.mts';
import { AGENT, type OpenTicket, openTicket, packagedZip } from './stage.mts';

/** Like a {@link Stage}, with several Rocket.Chat nodes. RapidPro calls the first one. */
export class ClusterStage implements Scene {
	private constructor(
		readonly rocketChat: RocketChatCluster,
		readonly rapidPro: RapidPro,
		/** A client for the app's API at each node. */
		readonly apps: AppClient[],
	) {}

	/** Starts everything, installs the package and connects RapidPro. */
	static async open(options: ClusterOptions): Promise<ClusterStage> {
		const rocketChat = await RocketChatCluster.start(options);
		const rapidPro = await RapidPro.start();
		const [first] = rocketChat.nodes as [ClusterNode];
		await first.people.addAgent({ username: AGENT, name: 'Agnes Agent', online: true });
		await connect(rocketChat, rapidPro);
		const apps = rocketChat.nodes.map(({ appUrl }) => new AppClient(appUrl, rapidPro.secret));
		return new ClusterStage(rocketChat, rapidPro, apps);
	}

	/** As if the app had never been there. */
	async startAfresh(): Promise<void> {
		await this.rocketChat.uninstallApp();
		await connect(this.rocketChat, this.rapidPro);
	}

	async close(): Promise<void> {
		for (const app of this.apps) app.close();
		await this.rapidPro.stop();
		await this.rocketChat.settled();
		await this.rocketChat.stop();
	}

	settled(): Promise<void> {
		return this.rocketChat.settled();
	}

	openTicket(contact: Contact = this.rapidPro.addContact({ name: 'Ann' })): Promise<OpenTicket> {
		return openTicket(this.rapidPro, contact);
	}

	/** A node, counted from 0, round and round. */
	node(index: number): ClusterNode {
		return this.rocketChat.nodes[index % this.rocketChat.nodes.length] as ClusterNode;
	}

	/** The agent writes at a node. */
	agentWrites(node: number, { roomId }: OpenTicket, text: string): Promise<string> {
		return this.node(node).people.agentWrites(roomId, AGENT, text);
	}
}

async function connect(rocketChat: RocketChatCluster, rapidPro: RapidPro): Promise<void> {
	const [first] = rocketChat.nodes as [ClusterNode];
	await rocketChat.installApp(packagedZip());
	await rocketChat.setAppSetting('app_secret', rapidPro.secret);
	await rapidPro.connect(first.appUrl);
}
