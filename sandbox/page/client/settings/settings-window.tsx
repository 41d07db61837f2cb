import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { AppSetting, SettingsPage } from '../../asked.mts';
import { act, settingsPage } from '../act.mts';
import { Dialog } from '../parts/dialog.tsx';
import { Connect } from './connect.tsx';
import { Field } from './field.tsx';

type Values = Record<string, unknown>;

/** The app's page in Rocket.Chat's administration, as far as its settings go, and what RapidPro shows beside it. */
export function SettingsWindow({ close }: { close: () => void }) {
	const page = useSignal<SettingsPage | undefined>(undefined);
	const changes = useSignal<Values>({});
	const isSaved = useSignal(false);
	const load = async () => {
		page.value = await settingsPage();
	};
	useEffect(() => void load(), []);

	const save = async () => {
		const saved = await act('settings/save', { values: changes.value });
		if (saved === undefined) return;
		await load();
		changes.value = {};
		isSaved.value = true;
	};
	const change = (id: string, value: unknown) => {
		isSaved.value = false;
		changes.value = { ...changes.value, [id]: value };
	};
	const reset = (settings: AppSetting[]) => {
		isSaved.value = false;
		changes.value = Object.fromEntries(settings.map(({ id, packageValue }) => [id, packageValue]));
	};

	return (
		<Dialog title="App Info" class="settings" close={close}>
			{page.value === undefined ? (
				<p class="empty">Loading …</p>
			) : (
				<div class="settings-body">
					<form
						class="fields"
						onSubmit={(event) => {
							event.preventDefault();
							void save();
						}}
					>
						<AppHeader info={page.value.info} />
						<h3 class="tab">Settings</h3>
						{page.value.settings.map((setting) => (
							<Field
								key={setting.id}
								setting={setting}
								texts={page.value?.languages.en ?? {}}
								value={changes.value[setting.id] ?? setting.value ?? setting.packageValue}
								change={(value) => change(setting.id, value)}
							/>
						))}
						<footer>
							<span role="status">{isSaved.value && 'Saved'}</span>
							<button type="button" onClick={() => reset(page.value?.settings ?? [])}>
								Reset to defaults
							</button>
							<button type="submit" class="primary" disabled={Object.keys(changes.value).length === 0}>
								Save changes
							</button>
						</footer>
					</form>
					<Connect page={page.value} />
				</div>
			)}
		</Dialog>
	);
}

function AppHeader({ info: { name, version, author, status, description } }: Pick<SettingsPage, 'info'>) {
	const isEnabled = status.endsWith('_enabled');
	return (
		<header class="app-header">
			<img src="/icon.png" alt="" width={48} height={48} />
			<div>
				<h3>{name}</h3>
				<p class="muted">
					by {author.name} · Version {version}
				</p>
				<p class="muted">{description}</p>
			</div>
			<span class={isEnabled ? 'chip good' : 'chip'}>{isEnabled ? 'Enabled' : 'Disabled'}</span>
		</header>
	);
}
