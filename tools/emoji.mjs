/**
 * The emoji that agents can type by name, as Rocket.Chat's servers know them.
 *
 * Their names are those of EmojiOne and its successor, emoji-toolkit (JoyPixels); since Rocket.Chat's pull request 39411
 * (2026) those of Emojibase, beside which the others are still read.
 * `tools/write-emoji.mjs` stores them in `crate/src/text/emoji.txt`, whose form `crate/src/text/emoji.rs` documents.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from './project.mjs';

/** Where the core finds the table. */
export const EMOJI_TABLE = join(ROOT, 'crate', 'src', 'text', 'emoji.txt');

const VARIATION = /\ufe0f/g;
const TONES = /[\u{1f3fb}-\u{1f3ff}]/gu;
const LIGHT = '\u{1f3fb}';
const DARK = '\u{1f3ff}';
const TONE_WORDS = /_(?:tone[1-5](?:-[1-5])?|(?:medium_)?(?:light|dark|medium)_skin_tone)/g;
/** Where two emoji have one name, that of emoji-toolkit has it; but this one is Emojibase's first name for a thumb. */
const PREFERRED = { no: '👎' };
/** What EmojiOne 4.5, in servers of its time, called otherwise. */
const FORMER = { bride_with_veil: '👰', iphone: '📱' };

/** All names, without colons, and their emoji, fully qualified. */
export function emojiByName() {
	return new Map([...emojibase(), ...emojiToolkit(), ...Object.entries(FORMER), ...toned(PREFERRED)]);
}

/** The text of the table. */
export function emojiTable() {
	const lines = new Map();
	const known = emojiByName();
	for (const [name, emoji] of known) {
		if (!isToned(emoji)) lineOf(lines, emoji).names.add(name);
	}
	const toned = [...known].filter(([, emoji]) => isToned(emoji));
	for (const [name, emoji] of toned.filter(([, emoji]) => tonesOf(emoji).length === 1)) addTones(lines, name, emoji);
	for (const [name, emoji] of toned.filter(([, emoji]) => tonesOf(emoji).length === 2)) addTones(lines, name, emoji);
	const sorted = [...lines.values()].sort((a, b) => compare(a.emoji, b.emoji));
	return sorted
		.map(({ emoji, one, two, names }) => `${[emoji, one, two, ...names].filter(Boolean).join(' ')}\n`)
		.join('');
}

function emojiToolkit() {
	const entries = Object.values(createRequire(import.meta.url)('emoji-toolkit/emoji.json'));
	return entries.flatMap(({ shortname, shortname_alternates, code_points }) => {
		const emoji = decode(code_points.fully_qualified ?? code_points.base);
		const names = [shortname, ...shortname_alternates].map((name) => name.slice(1, -1));
		return names.filter(isPlain).map((name) => [name, emoji]);
	});
}

function emojibase() {
	const names = createRequire(import.meta.url)('emojibase-data/en/shortcodes/emojibase.json');
	return Object.entries(names).flatMap(([code, names]) => [names].flat().map((name) => [name, decode(code)]));
}

function toned(emojiByName) {
	return Object.entries(emojiByName).flatMap(([name, emoji]) => [
		[name, emoji],
		...[1, 2, 3, 4, 5].map((tone) => [`${name}_tone${tone}`, emoji + String.fromCodePoint(0x1f3fa + tone)]),
	]);
}

function decode(code) {
	return String.fromCodePoint(...code.split('-').map((part) => Number.parseInt(part, 16)));
}

function isPlain(name) {
	return /^[a-z0-9_+-]+$/.test(name);
}

/** A swatch of a tone is an emoji of its own. */
function isToned(emoji) {
	return emoji.search(TONES) > 0;
}

function lineOf(lines, emoji) {
	const key = emoji.replace(VARIATION, '');
	const line = lines.get(key) ?? { emoji, names: new Set() };
	line.emoji = emoji.length > line.emoji.length ? emoji : line.emoji;
	lines.set(key, line);
	return line;
}

/** The emoji's line says how it is drawn with one tone, the lightest, and with two, the lightest and the darkest. */
function addTones(lines, name, emoji) {
	const base = name.replace(TONE_WORDS, '');
	const tones = tonesOf(emoji);
	const namesake = [...lines.values()].find(({ names }) => names.has(base));
	const line = tones.length === 2 && namesake ? namesake : lineOf(lines, emoji.replace(TONES, ''));
	line.names.add(namesake && namesake !== line ? `${base}*` : base);
	if (tones.join('') === LIGHT) line.one ??= emoji;
	if (tones.join('') === LIGHT + DARK) line.two ??= emoji;
}

/** The different tones on an emoji, from the first person's on. */
function tonesOf(emoji) {
	return [...new Set(emoji.match(TONES))];
}

function compare(one, other) {
	const [a, b] = [[...one], [...other]].map((chars) => chars.map((char) => char.codePointAt(0)));
	const at = a.findIndex((code, index) => code !== b[index]);
	return at < 0 ? -1 : at >= b.length ? 1 : a[at] - b[at];
}
