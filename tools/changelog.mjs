/** What CHANGELOG.md says of a version. */

/** The text of a version's section, without its heading; undefined where it has none. */
export function sectionOf(changelog, version) {
	const sections = changelog.split(/^## /m).slice(1);
	const section = sections.find((text) => text.startsWith(`[${version}]`));
	return section?.slice(section.indexOf('\n')).trim() || undefined;
}
