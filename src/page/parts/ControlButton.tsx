import type { LucideIcon } from 'lucide-preact';

interface ControlButtonProps {
  icon: LucideIcon;
  /** The name of the button, which stands below the icon if there is space. */
  label: string;
  /** The key that does the same. */
  shortcut?: string;
  /** Shows at a glance that the device is off. */
  isOff?: boolean;
  tone?: 'danger' | 'active';
  isExpanded?: boolean;
  onClick: () => void;
}

export function ControlButton({ icon: Icon, label, shortcut, isOff, tone, isExpanded, onClick }: ControlButtonProps) {
  const classes = ['control', isOff && 'control-off', tone && `control-${tone}`].filter(Boolean).join(' ');
  return (
    <button
      type="button"
      class={classes}
      aria-label={label}
      aria-keyshortcuts={shortcut}
      aria-expanded={isExpanded}
      title={shortcut ? `${label} (${shortcut})` : label}
      onClick={onClick}
    >
      <span class="control-icon">
        <Icon size={20} />
      </span>
      <span class="control-label">{label}</span>
    </button>
  );
}
