import { Check, Copy, QrCode as QrSign, RefreshCw } from 'lucide-preact';
import { useId, useRef, useState } from 'preact/hooks';
import { announce, attempt } from '../announcements.ts';
import { useClient } from '../client-context.ts';
import { invitationLink } from '../invitation.ts';
import { Confirm } from '../parts/Confirm.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { strings } from '../strings.ts';
import { QrCode } from './QrCode.tsx';

/** The button says "Copied" for this many ms. */
const COPIED_FOR = 2_500;

interface InvitationProps {
  token: string;
  /** Whether newcomers have to ask. */
  asks: boolean;
  mayRenew: boolean;
}

/** The link of the workspace, to copy and to scan; the owner can make a new one. */
export function Invitation({ token, asks, mayRenew }: InvitationProps) {
  const client = useClient();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);
  const [isQrOpen, setQrOpen] = useState(false);
  const [isRenewing, setRenewing] = useState(false);
  const link = invitationLink(token);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      announce(strings.workspace.linkCopied);
      setCopied(true);
      setTimeout(() => setCopied(false), COPIED_FOR);
    } catch {
      input.current?.select();
      announce(strings.workspace.linkNotCopied, 'error');
    }
  };

  const renew = async () => {
    await client.renewInvitation();
    announce(strings.workspace.linkRenewed);
  };

  const CopyIcon = isCopied ? Check : Copy;
  return (
    <section class="invitation">
      <h2>{strings.workspace.invitation}</h2>
      <label for={id} class="visually-hidden">
        {strings.workspace.link}
      </label>
      <input id={id} ref={input} readOnly value={link} onFocus={(event) => event.currentTarget.select()} />
      <div class="invitation-actions">
        <button type="button" class="button" aria-label={strings.workspace.copyLink} onClick={() => void copy()}>
          <CopyIcon size={16} />
          {isCopied ? strings.workspace.copied : strings.workspace.copyLink}
        </button>
        <button type="button" class="button" onClick={() => setQrOpen(true)}>
          <QrSign size={16} />
          {strings.workspace.qr}
        </button>
        {mayRenew && (
          <button type="button" class="button invitation-renew" onClick={() => setRenewing(true)}>
            <RefreshCw size={16} />
            {strings.workspace.renewLink}
          </button>
        )}
      </div>
      <p class="field-note">{asks ? strings.workspace.linkHintAsk : strings.workspace.linkHint}</p>
      {isRenewing && (
        <Confirm
          title={strings.workspace.renewTitle}
          text={strings.workspace.renewText}
          yes={strings.workspace.renewYes}
          onYes={() => void attempt(renew())}
          onClose={() => setRenewing(false)}
        />
      )}
      {isQrOpen && (
        <Dialog title={strings.workspace.qrTitle} onClose={() => setQrOpen(false)}>
          <QrCode text={link} />
          <p class="quiet">{strings.workspace.qrHint}</p>
        </Dialog>
      )}
    </section>
  );
}
