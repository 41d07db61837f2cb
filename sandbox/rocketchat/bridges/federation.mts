import { generateKeyPairSync } from 'node:crypto';
import type { IInternalFederationBridge } from '@rocket.chat/apps-engine/server/bridges/index.js';
import { collections } from '../documents.mts';
import type { Store } from '../store.mts';

/** A pair of PEM keys. */
interface KeyPair {
	privateKey: string;
	publicKey: string;
}

const KEYS = { _id: 'signing' };

/**
 * The key pair with which the engine signs the apps it stores. It is stored beside them: an app whose signature does
 * not fit is not enabled at the next start.
 */
export class SandboxFederationBridge implements IInternalFederationBridge {
	private readonly store: Store;
	private keys?: Promise<KeyPair>;

	constructor(store: Store) {
		this.store = store;
	}

	async getPrivateKey(): Promise<string> {
		return (await this.load()).privateKey;
	}

	async getPublicKey(): Promise<string> {
		return (await this.load()).publicKey;
	}

	private load(): Promise<KeyPair> {
		this.keys ??= this.readOrMake();
		return this.keys;
	}

	private async readOrMake(): Promise<KeyPair> {
		const stored = await this.store.findOne<KeyPair>(collections.keys, KEYS);
		if (stored) return stored;
		const keys = generateKeyPairSync('rsa', {
			modulusLength: 2048,
			publicKeyEncoding: { type: 'spki', format: 'pem' },
			privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
		});
		await this.store.insert(collections.keys, { ...KEYS, ...keys });
		return keys;
	}
}
