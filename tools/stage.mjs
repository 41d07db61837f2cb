/** The part of the project that is the app, in a folder of its own for rc-apps to work on. */
import {
	cpSync,
	existsSync,
	mkdtempSync,
	readFileSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMITTED_CORE } from './generated-core.mjs';
import { packageName, ROOT } from './project.mjs';
import { run } from './run.mjs';

/** What rc-apps compiles or puts into the package. */
const APP = ['app.json', 'app-shim', 'icon.png', 'i18n', 'TicketsApp.ts'];
/** The command-line program of rc-apps. */
export const RC_APPS = join(ROOT, 'node_modules', '@rocket.chat', 'apps-cli', 'bin', 'run');

/** Packages the app with the given core into the file `zip`. */
export function packageApp(core, zip) {
	staged(core, (stage) => {
		run(process.execPath, [RC_APPS, 'package'], { cwd: stage, quiet: true });
		// rc-apps prints some errors and reports success all the same; then this is what fails.
		cpSync(join(stage, 'dist', packageName()), zip);
	});
}

/** Packages the app and installs it in a Rocket.Chat; `options` are those of `rc-apps deploy`. */
export function deployApp(options) {
	staged(COMMITTED_CORE, (stage) => run(process.execPath, [RC_APPS, 'deploy', ...options], { cwd: stage }));
}

/**
 * Calls `body` with the staged app. The folder is a temporary one: rc-apps leaves out whatever has `dist`,
 * `node_modules` or `.git` anywhere in its path, the project's own path included.
 */
function staged(core, body) {
	const stage = mkdtempSync(join(realpathSync(tmpdir()), 'rapidpro-tickets-'));
	try {
		copyApp(core, stage);
		body(stage);
	} finally {
		rmSync(stage, { recursive: true, force: true });
	}
}

function copyApp(core, stage) {
	for (const path of APP) {
		cpSync(join(ROOT, path), join(stage, path), { recursive: true });
	}
	cpSync(core, join(stage, 'app-shim', 'core.generated.ts'));
	writeFileSync(join(stage, 'package.json'), JSON.stringify(manifest()));
	symlinkSync(join(ROOT, 'node_modules'), join(stage, 'node_modules'), 'junction');
	// A copy, since rc-apps takes every link for a folder.
	const login = join(ROOT, '.rcappsconfig');
	if (existsSync(login)) {
		cpSync(login, join(stage, '.rcappsconfig'));
	}
}

/** The only thing that rc-apps reads of package.json: the version of the engine that the app asks for. */
function manifest() {
	const engine = '@rocket.chat/apps-engine';
	const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
	return { devDependencies: { [engine]: devDependencies[engine] } };
}
