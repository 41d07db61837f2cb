import { generateKeyPairSync } from 'node:crypto';

/** The pair of PEM keys with which the engine signs the apps it stores. */
export function signingKeys(): { privateKey: string; publicKey: string } {
	return generateKeyPairSync('rsa', {
		modulusLength: 2048,
		publicKeyEncoding: { type: 'spki', format: 'pem' },
		privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
	});
}
