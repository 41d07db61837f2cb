/**
 * Looks for rules of the core that no test would miss: cargo-mutants changes one expression at a time and runs the unit
 * tests and a part of the simulation. All files take many hours on two cores: name some.
 *
 * usage: node tools/mutants.mjs [<cargo-mutants' options>]…     such as --file crate/src/outbound/lease.rs
 */
import { join } from 'node:path';
import { cargoTool } from './cargo-tool.mjs';
import { CACHE } from './project.mjs';
import { main, run } from './run.mjs';

/** As many histories as caught each of the rules that were broken by hand for version 1.0.0. */
const SEEDS = process.env.SEEDS ?? '2000';

main(() => {
	const options = ['mutants', '--output', CACHE, '--config', join('.cargo', 'mutants.toml')];
	run(cargoTool('cargo-mutants'), [...options, ...process.argv.slice(2)], { env: { SEEDS } });
});
