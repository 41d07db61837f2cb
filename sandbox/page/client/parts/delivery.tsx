import type { Delivery as DeliveryState } from '../../documents.mts';
import { Icon, type IconName } from './icon.tsx';

const SHOWN: Record<DeliveryState['state'], { icon: IconName; words: string }> = {
	waiting: { icon: 'waiting', words: 'Waiting' },
	delivered: { icon: 'check', words: 'Delivered' },
	failed: { icon: 'warning', words: 'Not delivered' },
};

/** What became of a message. */
export function Delivery({ delivery: { state, reason } }: { delivery: DeliveryState }) {
	const { icon, words } = SHOWN[state];
	return (
		<span class={`delivery ${state}`}>
			<Icon name={icon} />
			{state === 'failed' && reason !== undefined ? `${words}: ${reason}` : (reason ?? words)}
		</span>
	);
}
