import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RocketChat } from './rocketchat/index.mts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Deploys the app as an administrator would: with `npm run deploy`, and so with rc-apps. */
export async function deploy({ url, admin }: RocketChat, signal: AbortSignal): Promise<void> {
	const address = ['--url', url, '--username', admin.username, '--password', admin.password];
	const child = spawn('npm', ['run', '--silent', 'deploy', '--', ...address], {
		cwd: ROOT,
		stdio: ['ignore', 'inherit', 'inherit'],
		signal,
	});
	const code = await new Promise<number | null>((resolve, reject) => {
		child.once('error', reject);
		child.once('exit', resolve);
	});
	if (code !== 0) throw new Error('npm run deploy failed; its output above tells why');
}
