/** The pieces of a ticket: price with its steps, number of pairs, fee lines, notes. */
import { CircleAlert, Info, Minus, Plus } from "lucide-react";
import { type ReactNode, useId } from "react";
import { moneyExact } from "../parts/money.ts";
import { type Quote, type QuoteView, sumOf } from "./quote.ts";
import { lineWords, sumWords } from "./words.ts";

interface StepperProps {
  readonly label: string;
  readonly text: string;
  /** Shown before the number: "$". */
  readonly unit?: string;
  readonly onText: (text: string) => void;
  readonly onStep: (steps: 1 | -1) => void;
  readonly problem?: string | null;
  readonly describedBy?: string;
  readonly stepName: string;
  readonly autoFocus?: boolean;
  readonly disabled?: boolean;
}

export function Stepper(props: StepperProps) {
  const { label, text, unit, onText, onStep, problem = null, stepName, disabled = false } = props;
  const id = useId();
  const described = [problem === null ? "" : `${id}-problem`, props.describedBy ?? ""];
  return (
    <div className="stepper-field">
      <label htmlFor={id}>{label}</label>
      <div className="stepper" data-invalid={problem !== null}>
        <StepButton name={`${stepName} less`} onClick={() => onStep(-1)} disabled={disabled}>
          <Minus aria-hidden size={18} />
        </StepButton>
        <div className="stepper-input">
          {unit !== undefined && <span aria-hidden>{unit}</span>}
          <input
            id={id}
            inputMode="decimal"
            autoComplete="off"
            enterKeyHint="done"
            // oxlint-disable-next-line jsx-a11y/no-autofocus -- opened for this number by the one who types it
            autoFocus={props.autoFocus}
            value={text}
            disabled={disabled}
            aria-invalid={problem !== null}
            aria-describedby={described.join(" ").trim() || undefined}
            onChange={(event) => onText(event.target.value)}
            onFocus={(event) => event.target.select()}
            onKeyDown={(event) => {
              if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
              event.preventDefault();
              onStep(event.key === "ArrowUp" ? 1 : -1);
            }}
          />
        </div>
        <StepButton name={`${stepName} more`} onClick={() => onStep(1)} disabled={disabled}>
          <Plus aria-hidden size={18} />
        </StepButton>
      </div>
      {problem !== null && (
        <p id={`${id}-problem`} className="field-problem">
          {problem}
        </p>
      )}
    </div>
  );
}

interface StepButtonProps {
  readonly name: string;
  readonly disabled: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function StepButton({ name, disabled, onClick, children }: StepButtonProps) {
  return (
    <button
      type="button"
      className="step-button"
      aria-label={name}
      title={name}
      disabled={disabled}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

interface LinesProps {
  readonly view: QuoteView;
  readonly side: Quote["side"];
}

/** Every fee line and the sum; dimmed while the exchange computes them for a new price. */
export function FeeLines({ view: { quote, isExact, failed }, side }: LinesProps) {
  if (quote === null) {
    return (
      <p className="lines-waiting">
        {failed ? "Fees cannot be read just now." : "Fees follow with the price."}
      </p>
    );
  }
  return (
    <dl className="lines" data-old={!isExact}>
      {quote.lines.map((line) => (
        <div key={line.code}>
          <dt>{lineWords(line, quote.qty)}</dt>
          <dd>{moneyExact(line.amount)}</dd>
        </div>
      ))}
      <div className="lines-sum">
        <dt>{sumWords(side)}</dt>
        <dd>{moneyExact(sumOf(quote))}</dd>
      </div>
    </dl>
  );
}

interface NoteProps {
  readonly kind: "info" | "warning" | "danger";
  readonly title?: string;
  readonly children: ReactNode;
  readonly live?: "status" | "alert";
}

export function Note({ kind, title, children, live }: NoteProps) {
  const Icon = kind === "info" ? Info : CircleAlert;
  return (
    <div className="note" data-kind={kind} role={live}>
      <Icon aria-hidden size={18} />
      <div>
        {title !== undefined && <p className="note-title">{title}</p>}
        {children}
      </div>
    </div>
  );
}
