/**
 * A sheet over the page, from the bottom: the browser's own modal dialog, which keeps the focus inside,
 * closes by Esc and leaves the page behind it untouched.
 */
import { type ReactNode, useEffect, useRef, useSyncExternalStore } from "react";

interface SheetProps {
  readonly label: string;
  /** Esc, or a tap beside it. */
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Sheet({ label, onClose, children }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (element === null || element.open) return;
    element.showModal();
    return () => element.close();
  }, []);
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- Esc is the key for it
    <dialog
      ref={dialog}
      className="sheet"
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault(); // what Esc does is decided by who shows the sheet
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className="sheet-inside">{children}</div>
    </dialog>
  );
}

const NARROW = matchMedia("(max-width: 899.98px)");

function onNarrow(listener: () => void): () => void {
  NARROW.addEventListener("change", listener);
  return () => NARROW.removeEventListener("change", listener);
}

/** Where tickets are sheets. */
export const useNarrow = (): boolean => useSyncExternalStore(onNarrow, () => NARROW.matches);
