import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RocketChat } from './rocketchat/index.mts';
import type { Running } from './running.mts';

const DEPLOY = fileURLToPath(new URL('../tools/deploy.mjs', import.meta.url));

/**
 * Deploys the app as an administrator would: with what `npm run deploy` runs, and so with rc-apps. Not through npm, which
 * hands no signal on to it: it must have the time to remove what it has put into the temporary folder.
 */
export async function deploy({ url, admin }: RocketChat, running: Running): Promise<void> {
	const address = ['--url', url, '--username', admin.username, '--password', admin.password];
	const child = spawn(process.execPath, [DEPLOY, ...address], { stdio: ['ignore', 'inherit', 'inherit'] });
	const exit = once(child, 'exit');
	running.add(child, async () => {
		child.kill();
		await exit;
	});
	const [code] = await exit;
	if (code !== 0) throw new Error('The app could not be deployed; the output above tells why');
}
