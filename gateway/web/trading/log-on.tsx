/** Logging on with a key, where the exchange gives no account to a browser: elsewhere than on its own machine. */
import { type FormEvent, useId, useState } from "react";
import { Note } from "./ticket-parts.tsx";
import { logOn, mayTakeAccount, takeAccount } from "./session.ts";

export function LogOn({ onDone }: { readonly onDone?: () => void }) {
  return isSecureContext ? <KeyForm onDone={onDone} /> : <OnlyOverHttps />;
}

/** A form that could only fail is not shown. */
function OnlyOverHttps() {
  return (
    <div className="ticket-form log-on">
      <Note kind="warning" title="Trading here needs HTTPS">
        <p>
          This page came over plain HTTP from another machine, and there a browser signs nothing.
          Look at everything; to trade, open it over HTTPS, or on the exchange’s own machine as{" "}
          <code>localhost</code>.
        </p>
      </Note>
    </div>
  );
}

function KeyForm({ onDone }: { readonly onDone: (() => void) | undefined }) {
  const [key, setKey] = useState("");
  const [secret, setSecret] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const keyId = useId();
  const secretId = useId();
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setIsBusy(true);
    const said = await logOn(key, secret);
    setIsBusy(false);
    setProblem(said);
    if (said !== null) return;
    setSecret("");
    onDone?.();
  };
  return (
    <form className="ticket-form log-on" onSubmit={(event) => void submit(event)}>
      <p>
        Trading here needs a key of yours: <code>solebook key create</code> makes one. Its private
        half signs in this browser, is never sent, and is forgotten when you leave the page.
      </p>
      <div className="field">
        <label htmlFor={keyId}>Key</label>
        <input
          id={keyId}
          value={key}
          required
          autoComplete="off"
          spellCheck={false}
          placeholder="k_…"
          onChange={(event) => setKey(event.target.value)}
        />
      </div>
      <div className="field">
        <label htmlFor={secretId}>Private key</label>
        <textarea
          id={secretId}
          value={secret}
          required
          rows={3}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setSecret(event.target.value)}
        />
      </div>
      {problem !== null && (
        <Note kind="danger" live="alert">
          <p>{problem}</p>
        </Note>
      )}
      <button type="submit" className="act" disabled={isBusy}>
        {isBusy ? "Logging on …" : "Log on"}
      </button>
      {mayTakeAccount() && (
        <button type="button" className="act-back" onClick={takeAccount}>
          Take a new demonstration account
        </button>
      )}
    </form>
  );
}
