/** What the engine's runtime for apps uses of Deno, for Node; just what is used of it. */

import { readFileSync } from 'node:fs';

globalThis.Deno = {
	args: process.argv.slice(2),
	pid: process.pid,
	exit: process.exit,
	stdin: { readable: process.stdin },
	stdout: writer(process.stdout),
	stderr: writer(process.stderr),
	readTextFileSync: (path) => readFileSync(path, 'utf8'),
};

globalThis.ErrorEvent ??= class extends Event {
	constructor(type, { error, message = error?.message } = {}) {
		super(type);
		Object.assign(this, { error, message });
	}
};

globalThis.addEventListener = (type, listener) => {
	const [event, details] =
		type === 'error'
			? ['uncaughtException', (error) => ({ message: error.message })]
			: ['unhandledRejection', (reason) => ({ reason })];
	process.on(event, (cause) => listener({ type, preventDefault() {}, ...details(cause) }));
};

function writer(stream) {
	return {
		write: (bytes) =>
			new Promise((resolve, reject) => {
				stream.write(bytes, (error) => (error ? reject(error) : resolve(bytes.length)));
			}),
		writeSync: (bytes) => stream.write(bytes),
	};
}
