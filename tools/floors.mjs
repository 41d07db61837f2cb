/**
 * Keeps the floors of the core: what is in a folder of `crate/src` may use only what stands below it in this table, and
 * no files may use each other in a circle.
 *
 * usage: node tools/floors.mjs [<folder of sources>]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './project.mjs';
import { main } from './run.mjs';

/** Each folder, or file at the root, with those that it may use besides itself. */
export const FLOORS = {
	face: ['dispatch', 'runtime'],
	dispatch: ['router', 'maintenance', 'admin', 'outbound', 'reading', 'history', 'inbound', 'runtime', 'wire'],
	router: ['admin', 'outbound', 'reading', 'inbound', 'request', 'runtime', 'wire'],
	maintenance: ['outbound', 'config', 'store', 'runtime', 'ids'],
	admin: ['outbound', 'reading', 'history', 'request', 'livechat', 'config', 'store', 'runtime', 'wire', 'ids', 'text'],
	outbound: ['history', 'request', 'livechat', 'config', 'store', 'runtime', 'wire', 'ids', 'text', 'sort'],
	reading: ['history', 'inbound', 'request', 'livechat', 'config', 'store', 'runtime', 'wire', 'ids', 'text', 'sort'],
	history: ['livechat', 'config', 'store', 'runtime', 'wire', 'ids', 'text'],
	inbound: ['request', 'livechat', 'config', 'store', 'runtime', 'wire', 'ids', 'text'],
	request: ['livechat', 'config', 'runtime', 'wire', 'ids', 'text'],
	livechat: ['config', 'store', 'runtime', 'wire', 'ids', 'text', 'sort'],
	config: ['runtime', 'wire', 'ids', 'text', 'sort'],
	store: ['runtime', 'wire', 'ids', 'sort'],
	runtime: ['wire', 'ids', 'text'],
	wire: ['ids', 'text'],
	ids: ['text'],
	text: ['sort'],
	sort: [],
};

/** What is wrong in a folder of Rust sources, one line each. */
export function complaints(folder, floors = FLOORS) {
	const uses = usesBetweenFiles(folder);
	return [...upward(uses, floors), ...circles(uses)];
}

/** For each module (`outbound::lease`) the modules that its code names by `crate::…`, or by `super::…`. */
function usesBetweenFiles(folder) {
	const files = readdirSync(folder, { recursive: true })
		.filter((path) => path.endsWith('.rs'))
		.sort();
	const named = files.map((path) => [moduleOf(path.replaceAll('\\', '/')), join(folder, path)]);
	const modules = new Set(named.map(([name]) => name));
	return new Map(
		named
			.filter(([name]) => name !== 'lib')
			.map(([name, path]) => {
				const used = pathsIn(codeOf(readFileSync(path, 'utf8')), name).map((names) => longest(names, modules));
				return [name, new Set(used.filter((other) => other !== undefined && other !== name))];
			}),
	);
}

function moduleOf(path) {
	return path.replace(/(\/mod)?\.rs$/, '').replaceAll('/', '::');
}

/** Without comments, and without unit tests, which may use anything. They stand at a file's end. */
function codeOf(text) {
	return text.replace(/\/\/.*$/gm, '').replace(/^#\[cfg\((?:all\()?test\b[\s\S]*/m, '');
}

/** Every path into the crate, groups taken apart, as lists of names. */
function pathsIn(code, module) {
	const starts = [...code.matchAll(/\b(crate|(?:super::)*super)::/g)];
	return starts.flatMap(({ 0: { length }, 1: root, index }) => {
		const ups = root === 'crate' ? module.split('::').length : root.split('::').length;
		const base = module.split('::').slice(0, -ups);
		return taken(code, index + length).paths.map((path) => [...base, ...path]);
	});
}

/** Reads what follows a `::`: a name and what follows that, or a group in braces. */
function taken(code, at) {
	const name = /^\w+/.exec(code.slice(at))?.[0];
	if (name !== undefined) {
		const next = at + name.length;
		if (!code.startsWith('::', next)) return { paths: [[name]], end: next };
		const { paths, end } = taken(code, next + 2);
		return { paths: paths.map((path) => [name, ...path]), end };
	}
	const paths = [];
	let end = at + 1;
	while (code[at] === '{' && end < code.length && code[end] !== '}') {
		if (/\w/.test(code[end])) {
			const item = taken(code, end);
			paths.push(...item.paths);
			end = item.end;
		} else end++;
	}
	return { paths: paths.length > 0 ? paths : [[]], end: end + 1 };
}

/** The longest beginning of a path that is a module. */
function longest(names, modules) {
	const beginnings = names.map((_, index) => names.slice(0, names.length - index).join('::'));
	return beginnings.find((beginning) => modules.has(beginning));
}

function upward(uses, floors) {
	return [...uses].flatMap(([module, used]) => {
		const room = module.split('::')[0];
		if (floors[room] === undefined) return [`${module}: tools/floors.mjs does not know ${room}`];
		const forbidden = [...used].filter((other) => {
			const below = other.split('::')[0];
			return below !== room && !floors[room].includes(below);
		});
		return forbidden.map((other) => `${module} uses ${other}: ${room} stands below, or beside`);
	});
}

/** One circle for each module through which there is one that was not found before. */
function circles(uses) {
	const found = [];
	const done = new Set();
	const walk = (module, path) => {
		const from = path.indexOf(module);
		if (from >= 0) found.push(`a circle: ${[...path.slice(from), module].join(' → ')}`);
		if (from >= 0 || done.has(module)) return;
		for (const other of uses.get(module) ?? []) walk(other, [...path, module]);
		done.add(module);
	};
	for (const module of uses.keys()) walk(module, []);
	return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	main(() => {
		const found = complaints(process.argv[2] ?? join(ROOT, 'crate', 'src'));
		if (found.length > 0) throw new Error(found.join('\n'));
	});
}
