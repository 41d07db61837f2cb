/** The documents lead somewhere: every link, every citation in code; and what finds that they do not is tried on a few that do not. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { faultsOfDocuments } from './docs.mjs';
import { ROOT } from './project.mjs';

const GUIDE = 'docs/guide.md';
const SOUND = {
	'README.md':
		'# Top\n\n[guide](docs/guide.md#how-to--do-it), [top](#top), ![](docs/a.png), [web](https://example.org)\n',
	[GUIDE]:
		'# Guide\n\n## How to & do it\n\n`[no](link.md)`\n\n```\n[no](link.md)\n# no heading\n```\n\n[up](../README.md)\n',
	'docs/a.png': '',
	'src/code.rs': `// ${GUIDE}#guide, RFC 9562, section 4\n`,
};

/** The faults of a tree of these files. */
function faultsOf(files, limits) {
	const root = mkdtempSync(join(tmpdir(), 'documents-'));
	try {
		for (const [path, text] of Object.entries(files)) {
			mkdirSync(dirname(join(root, path)), { recursive: true });
			writeFileSync(join(root, path), text);
		}
		return faultsOfDocuments(root, limits);
	} finally {
		rmSync(root, { recursive: true });
	}
}

it('no document, link or citation of this project leads nowhere', () => {
	assert.deepEqual(faultsOfDocuments(ROOT), []);
});

describe('what looks for that', () => {
	it('is content with what is sound', () => assert.deepEqual(faultsOf(SOUND), []));

	const plus = (path, text) => ({ ...SOUND, [path]: `${SOUND[path] ?? ''}${text}\n` });
	const FAULTS = [
		['a link to no file', plus(GUIDE, '[x](missing.md)'), /guide\.md:\d+: no such file: missing\.md/],
		['a link to no place', plus('README.md', '[x](docs/guide.md#nowhere)'), /no such place: docs\/guide\.md#nowhere/],
		['a link to no place of its own page', plus(GUIDE, '[x](#nowhere)'), /no such place: #nowhere/],
		['a heading in code', plus(GUIDE, '[x](#no-heading)'), /no such place: #no-heading/],
		['a picture that is none', plus(GUIDE, '![x](b.png)'), /no such file: b\.png/],
		[
			'a file that is gone',
			plus(GUIDE, 'See `tools/gone.mjs`, `tools/*.mjs`.'),
			/guide\.md:\d+: no such file: tools\/gone\.mjs/,
		],
		['a citation of no document', plus('src/code.rs', '// see docs/other.md'), /code\.rs:2: no such document/],
		['a citation of no place', plus('src/code.rs', `// ${GUIDE}#nowhere`), /code\.rs:2: no such place/],
		['a citation by number', plus('src/code.rs', `// section 12b`), /cites by number/],
		['a page that nobody links to', plus('docs/lost.md', '# Lost'), /lost\.md: nothing links to it/],
		['a picture that nobody shows', plus('docs/b.png', ''), /b\.png: nothing links to it/],
	];
	for (const [title, files, expected] of FAULTS) {
		it(`finds ${title}`, () => {
			const faults = faultsOf(files);
			assert.equal(faults.length, 1, faults.join('\n'));
			assert.match(faults[0], expected);
		});
	}

	it('finds a README that is too long', () => {
		assert.match(faultsOf(SOUND, { readmeMax: 20 })[0], /README\.md has \d+ bytes, more than 20/);
	});
});
