/** What is wrong with the documents: links and citations that lead nowhere, and files that nobody can reach. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, normalize } from 'node:path';

/** What others made, or a build leaves. */
const NOT_OURS = new Set(['node_modules', '.git', 'dist', 'target', 'corpus', 'artifacts']);
/** Files in which a document may be cited. */
const CODE = new Set(['.rs', '.ts', '.tsx', '.mts', '.mjs', '.toml', '.json', '.jsonc', '.css', '.html']);
/** Too large to have been written by hand. */
const GENERATED = /\.generated\.ts$|package-lock\.json$/;
/** Its trees of faulty documents are no documents. */
const OWN_TEST = 'tools/docs.test.mjs';
/** A citation by a number, or of a collection that is not in the repository. */
const NUMBERED = /\b(?:sections? \d+[a-z]?\b|promises? \d|facts\/)/i;
/** What has numbered sections of its own. */
const STANDARD = /\b(?:RFC|ISO|WHATWG|W3C|ECMA|Unicode)\b/;
/** A document's name with its folder, or a place in it. */
const NAMED = /(?<![\w/.-])((?:[\w.-]+\/)*[\w-]+\.md)(?:#([\w-]+))?/g;

/** A file or folder of the project, as a page names it in code; what is left out or stands for several is none. */
const FILE = /^(?:app-shim|bench|crate|docs|fuzz|i18n|sandbox|test|tools|xtask)\/[\w./-]*$/;
/** A picture of the documents. */
const PICTURE = /^docs\/.*\.(?:png|jpe?g|svg|gif)$/;
/** What is there after something was run only. */
const LEFT_BEHIND = /^fuzz\/artifacts\b/;

/** All files below `root`, as paths with slashes from there. */
function filesIn(root, folder = '') {
	return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
		if (NOT_OURS.has(entry.name)) return [];
		const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
		return entry.isDirectory() ? filesIn(root, path) : [path];
	});
}

/** The lines of a page that are text: what stands in fenced code is left empty. */
function proseOf(page) {
	let fence;
	return page.split('\n').map((line) => {
		const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
		const inside = fence !== undefined;
		if (mark !== undefined) fence = inside ? (mark.startsWith(fence) ? undefined : fence) : mark;
		return inside || mark !== undefined ? '' : line;
	});
}

/** What a heading is linked by on GitHub. */
function slug(heading) {
	return heading
		.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
		.trim()
		.toLowerCase()
		.replace(/[^\p{L}\p{N}\s_-]/gu, '')
		.replace(/\s/g, '-');
}

/** The places of a page that a link can name. */
function anchorsOf(page) {
	const anchors = new Set();
	for (const line of proseOf(page)) {
		const heading = /^#{1,6} (.*)$/.exec(line)?.[1];
		if (heading !== undefined) {
			const name = slug(heading);
			let unique = name;
			for (let number = 1; anchors.has(unique); number++) unique = `${name}-${number}`;
			anchors.add(unique);
		}
		for (const [, id] of line.matchAll(/<a id="([^"]+)"/g)) anchors.add(id);
	}
	return anchors;
}

/** The links and pictures of a page, as they are written, with their lines. */
function linksOf(page) {
	return proseOf(page).flatMap((line, index) =>
		[
			...line
				.replace(/`[^`]*`/g, (code) => ' '.repeat(code.length))
				.matchAll(/\]\(([^)\s]+)[^)]*\)|^\[[^\]^]+\]: (\S+)/g),
		]
			.map(([, inline, reference]) => inline ?? reference)
			.filter((target) => !/^[a-z][a-z+.-]*:/i.test(target))
			.map((target) => ({ target, line: index + 1 })),
	);
}

/** Where a link of `page` leads: a path from the root, and perhaps a place there. */
function resolve(page, target) {
	const [path, anchor] = target.split('#');
	const file = path === '' ? page : normalize(join(dirname(page), decodeURI(path)));
	return { file: file.replaceAll('\\', '/').replace(/\/$/, ''), anchor };
}

/**
 * Finds what is wrong below `root`, a sentence each.
 *
 * @param {string} root
 * @param {{ readmeMax?: number }} limits how many bytes README.md may have
 * @returns {string[]}
 */
export function faultsOfDocuments(root, { readmeMax = 10_000 } = {}) {
	const files = filesIn(root);
	const read = (path) => readFileSync(join(root, path), 'utf8');
	const pages = new Map(files.filter((path) => path.endsWith('.md')).map((path) => [path, read(path)]));
	const anchors = new Map([...pages].map(([path, text]) => [path, anchorsOf(text)]));
	const exists = (path) => existsSync(join(root, path));

	const faults = [...pages].flatMap(([page, text]) => [...deadLinks(page, text), ...goneFiles(page, text)]);
	for (const path of files.filter((it) => CODE.has(extname(it)) && !GENERATED.test(it) && it !== OWN_TEST)) {
		faults.push(...deadCitations(path, read(path)));
	}
	return [...faults, ...unreachable(), ...tooLong()];

	function deadLinks(page, text) {
		return linksOf(text).flatMap(({ target, line }) => {
			const { file, anchor } = resolve(page, target);
			if (!exists(file)) return [`${page}:${line}: no such file: ${target}`];
			return anchor && !anchors.get(file)?.has(anchor) ? [`${page}:${line}: no such place: ${target}`] : [];
		});
	}

	function goneFiles(page, text) {
		// What a changelog names may be gone.
		if (page === 'CHANGELOG.md') return [];
		return proseOf(text).flatMap((line, index) =>
			[...line.matchAll(/`([^`]+)`/g)]
				.map(([, name]) => name)
				.filter((name) => FILE.test(name) && !LEFT_BEHIND.test(name) && !exists(name))
				.map((name) => `${page}:${index + 1}: no such file: ${name}`),
		);
	}

	function deadCitations(path, text) {
		return text.split('\n').flatMap((line, index) => {
			const at = `${path}:${index + 1}`;
			const dead = [...line.matchAll(NAMED)].flatMap(([cited, named, anchor]) => {
				const page = [named, resolve(path, named).file].find((candidate) => pages.has(candidate));
				if (page === undefined) return [`${at}: no such document: ${cited}`];
				return anchor && !anchors.get(page).has(anchor) ? [`${at}: no such place: ${cited}`] : [];
			});
			const numbered = NUMBERED.test(line) && !STANDARD.test(line);
			return numbered ? [...dead, `${at}: cites by number: ${line.trim()}`] : dead;
		});
	}

	function unreachable() {
		const reached = new Set(['README.md']);
		// What is added while it is gone through is gone through as well.
		for (const page of reached) {
			for (const { target } of linksOf(pages.get(page) ?? '')) reached.add(resolve(page, target).file);
		}
		return files
			.filter((path) => pages.has(path) || PICTURE.test(path))
			.filter((path) => !reached.has(path))
			.map((path) => `${path}: nothing links to it from README.md on`);
	}

	function tooLong() {
		const size = Buffer.byteLength(pages.get('README.md') ?? '');
		return size > readmeMax ? [`README.md has ${size} bytes, more than ${readmeMax}`] : [];
	}
}
