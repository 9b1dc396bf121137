/** A few choices of which one holds: radio buttons underneath, so that arrow keys and readers work. */
import { useId } from "react";

interface SegmentsProps<T extends string> {
  /** What is chosen, for a screen reader. */
  readonly name: string;
  readonly options: readonly (readonly [value: T, label: string])[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}

export function Segments<T extends string>({ name, options, value, onChange }: SegmentsProps<T>) {
  const group = useId();
  return (
    <fieldset className="segments">
      <legend className="unseen">{name}</legend>
      {options.map(([each, label]) => (
        <label key={each} className="segment">
          <input
            type="radio"
            className="unseen"
            name={group}
            checked={each === value}
            onChange={() => onChange(each)}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
