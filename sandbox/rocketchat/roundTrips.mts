/** The calls that the app's process made to the server, in order: what an operation costs. */
export class RoundTrips {
	private names: string[] = [];

	/** Notes one JSON-RPC request of the app's process. */
	record(name: string): void {
		this.names.push(name);
	}

	/** Names like `persistence.readByAssociation`, `settings.getValueById`, `livechat.createMessage`, `http.call`. */
	list(): string[] {
		return [...this.names];
	}

	/** Begins anew. */
	reset(): void {
		this.names = [];
	}
}

/**
 * A short name for a JSON-RPC method of the runtime: the last accessor or the bridge, and the method.
 * `accessor:getReader:getEnvironmentReader:getSettings:getValueById` is `settings.getValueById`,
 * `bridges:getLivechatBridge:doCreateMessage` is `livechat.createMessage`.
 */
export function callName(rpcMethod: string): string {
	const path = rpcMethod.split(':').slice(1);
	const method = path.pop() ?? '';
	const owner = (path.pop() ?? '').replace(/^get/, '').replace(/Bridge$/, '');
	const isBridge = rpcMethod.startsWith('bridges:');
	return `${decapitalised(owner)}.${isBridge ? decapitalised(method.replace(/^do/, '')) : method}`;
}

/** With a small first letter. */
export function decapitalised(name: string): string {
	return name.charAt(0).toLowerCase() + name.slice(1);
}
