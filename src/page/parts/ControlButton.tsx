import type { LucideIcon } from 'lucide-preact';

interface ControlButtonProps {
  icon: LucideIcon;
  /** The name of the button, which stands below the icon if there is space. */
  label: string;
  /** What stands below the icon, where the name says more. */
  shortLabel?: string;
  /** The key that does the same. */
  shortcut?: string;
  /** Shows at a glance that the device is off. */
  isOff?: boolean;
  tone?: 'danger' | 'active' | 'recording';
  isExpanded?: boolean;
  /** A number at the icon; 0: none. The label says it in words. */
  badge?: number;
  onClick: () => void;
}

export function ControlButton({
  icon: Icon,
  label,
  shortLabel,
  shortcut,
  isOff,
  tone,
  isExpanded,
  badge = 0,
  onClick,
}: ControlButtonProps) {
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
        {badge > 0 && <span class="control-badge" data-count={badge > 99 ? '99+' : badge} />}
      </span>
      <span class="control-label">{shortLabel ?? label}</span>
    </button>
  );
}
