/**
 * Packages the app and installs it in a Rocket.Chat, or updates the one that is there. The arguments are those of
 * `rc-apps deploy`; what is not given is read from `.rcappsconfig`.
 *
 * usage: node tools/deploy.mjs --url <url> --username <name> --password <password> [--code <2FA code>]
 */
import { main } from './run.mjs';
import { deployApp } from './stage.mjs';

main(() => deployApp(process.argv.slice(2)));
