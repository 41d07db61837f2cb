/** The words of the app's settings and commands are there in every language. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from './project.mjs';

const LANGUAGES = ['en', 'es', 'fr', 'pt'];
/** What is the same word in two languages. */
const ALIKE = ['command_params'];

const wordsIn = (language) => JSON.parse(readFileSync(join(ROOT, 'i18n', `${language}.json`), 'utf8'));
const english = wordsIn('en');

/** All keys that the shim names. */
function keysInUse() {
	const folder = join(ROOT, 'app-shim');
	const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
	return sources.flatMap((source) => [...source.matchAll(/i18n\w+\s*[:=]\s*'(\w+)'/g)].map(([, key]) => key));
}

it('speaks these languages', () => {
	assert.deepEqual(
		readdirSync(join(ROOT, 'i18n')).sort(),
		LANGUAGES.map((language) => `${language}.json`),
	);
});

it('has words for every key that the app names, and for no other', () => {
	assert.deepEqual(Object.keys(english).sort(), [...new Set(keysInUse())].sort());
});

for (const language of LANGUAGES.slice(1)) {
	describe(language, () => {
		const words = wordsIn(language);

		it('has the keys of English, in its order', () => {
			assert.deepEqual(Object.keys(words), Object.keys(english));
		});

		it('has no words that are English', () => {
			const same = Object.keys(words).filter((key) => words[key] === english[key] || !words[key].trim());
			assert.deepEqual(
				same,
				same.filter((key) => ALIKE.includes(key)),
			);
		});

		it('keeps what stands in braces', () => {
			const inBraces = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
			for (const key of Object.keys(english)) assert.deepEqual(inBraces(words[key]), inBraces(english[key]), key);
		});
	});
}
