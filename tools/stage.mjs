/** An app in a folder of its own for rc-apps to work on: the project's, or the floor of the benchmark. */
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
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AdmZip from 'adm-zip';
import { buildSync } from 'esbuild';
import { COMMITTED_CORE } from './generated-core.mjs';
import { packageName, ROOT } from './project.mjs';
import { interruptible, runUntil } from './run.mjs';

/** What the app consists of. */
const APP = ['app.json', 'app-shim', 'icon.png', 'i18n', 'TicketsApp.ts'];
/** The file with the app's class. */
const CLASS_FILE = 'TicketsApp.ts';
/** The benchmark's app. */
const FLOOR = join(ROOT, 'bench', 'floor');
/** The command-line program of rc-apps. */
export const RC_APPS = join(ROOT, 'node_modules', '@rocket.chat', 'apps-cli', 'bin', 'run');

/** Packages the app with the given core into the file `zip`. */
export function packageApp(core, zip) {
	return staged(
		(stage) => copyApp(core, stage),
		(stage, signal) => packageStage(stage, packageName(), zip, signal),
	);
}

/** Packages the benchmark's app in the same way. */
export function packageFloor(zip) {
	return staged(copyFloor, (stage, signal) => packageStage(stage, 'floor_1.0.0.zip', zip, signal));
}

/** Packages the app and installs it in a Rocket.Chat; `options` are those of `rc-apps deploy`. */
export function deployApp(options) {
	return staged(
		(stage) => copyApp(COMMITTED_CORE, stage),
		(stage, signal) => runUntil(signal, process.execPath, [RC_APPS, 'deploy', ...options], { cwd: stage }),
	);
}

/**
 * Calls `body` with a folder that `fill` has put an app into. It is a temporary one: rc-apps leaves out whatever has
 * `dist`, `node_modules` or `.git` anywhere in its path, the project's own path included. It is gone afterwards, also
 * where a signal ends this process meanwhile.
 */
function staged(fill, body) {
	return interruptible(async (signal) => {
		const stage = mkdtempSync(join(realpathSync(tmpdir()), 'rapidpro-tickets-'));
		try {
			fill(stage);
			writeFileSync(join(stage, 'package.json'), JSON.stringify(manifest()));
			symlinkSync(join(ROOT, 'node_modules'), join(stage, 'node_modules'), 'junction');
			await body(stage, signal);
		} finally {
			rmSync(stage, { recursive: true, force: true });
		}
	});
}

async function packageStage(stage, name, zip, signal) {
	await runUntil(signal, process.execPath, [RC_APPS, 'package'], { cwd: stage, quiet: true });
	// rc-apps prints some errors and reports success all the same; then this is what fails.
	writeFileSync(zip, timeless(join(stage, 'dist', name)));
}

/** The same bytes whenever and wherever it is packaged: in order, without the times and rights that files have here. */
function timeless(zip) {
	const archive = new AdmZip(zip);
	const { when, ...tool } = JSON.parse(archive.readAsText('.packagedby'));
	archive.updateFile('.packagedby', Buffer.from(JSON.stringify(tool)));
	for (const entry of archive.getEntries()) {
		entry.header.time = new Date(1980, 0, 1);
		entry.header.attr = (0o100644 << 16) >>> 0;
		entry.extra = Buffer.alloc(0);
	}
	return archive.toBuffer();
}

function copyApp(core, stage) {
	for (const path of APP) {
		cpSync(join(ROOT, path), join(stage, path), { recursive: true });
	}
	cpSync(core, join(stage, 'app-shim', 'core.generated.ts'));
	bundle(join(stage, CLASS_FILE), stage, CLASS_FILE);
	rmSync(join(stage, 'app-shim'), { recursive: true });
	// A copy, since rc-apps takes every link for a folder.
	const login = join(ROOT, '.rcappsconfig');
	if (existsSync(login)) {
		cpSync(login, join(stage, '.rcappsconfig'));
	}
}

function copyFloor(stage) {
	cpSync(join(FLOOR, 'app.json'), join(stage, 'app.json'));
	cpSync(join(ROOT, 'icon.png'), join(stage, 'icon.png'));
	bundle(join(FLOOR, 'FloorApp.mjs'), stage, 'FloorApp.ts');
}

/**
 * An app's code in one small file: several would be more bytes, and newer servers would bundle them at each start. Its
 * types are checked by `npm test`.
 */
function bundle(source, stage, classFile) {
	buildSync({
		entryPoints: [source],
		outfile: join(stage, classFile),
		allowOverwrite: true,
		external: ['@rocket.chat/*', ...builtinModules],
		bundle: true,
		minify: true,
		format: 'esm',
		target: 'es2017',
		banner: { js: '// @ts-nocheck' },
		footer: { js: heard(stage) },
	});
}

/** rc-apps reads which events the app hears from the source of a class, and types do not survive the bundling. */
function heard(stage) {
	const { implements: events } = JSON.parse(readFileSync(join(stage, 'app.json'), 'utf8'));
	return `declare class Hears implements ${events.join(', ')} {}`;
}

/** The only thing that rc-apps reads of package.json: the version of the engine that the app asks for. */
function manifest() {
	const engine = '@rocket.chat/apps-engine';
	const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
	return { devDependencies: { [engine]: devDependencies[engine] } };
}
