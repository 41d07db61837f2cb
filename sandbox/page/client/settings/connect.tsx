import { useSignal } from '@preact/signals';
import type { SettingsPage } from '../../asked.mts';
import { act } from '../act.mts';
import { CopyButton } from '../parts/copy-button.tsx';

/** RapidPro's side of the connection: what it shows, and what it asks for. */
export function Connect({ page: { secret, appUrl } }: { page: SettingsPage }) {
	const isConnected = useSignal(false);
	return (
		<aside class="connect">
			<h3>In RapidPro</h3>
			<p class="muted">Connect a Ticketing Service → Rocket.Chat</p>
			<dl>
				<dt>RapidPro shows this secret. It goes into App Secret:</dt>
				<dd>
					<code>{'•'.repeat(secret.length)}</code>
					<CopyButton text={secret} title="Copy the secret" />
				</dd>
				<dt>RapidPro asks for this URL:</dt>
				<dd>
					<code>{appUrl}</code>
					<CopyButton text={appUrl} title="Copy the URL" />
				</dd>
			</dl>
			<p class="bar">
				<button
					type="button"
					onClick={async () => {
						isConnected.value = (await act('connect', {})) !== undefined;
					}}
				>
					Connect RapidPro
				</button>
				<span role="status">{isConnected.value && 'Connected'}</span>
			</p>
		</aside>
	);
}
