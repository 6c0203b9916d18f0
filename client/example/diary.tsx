/** The application MealTrack: each part is shown if its flag is on. */
import { OpenFeatureProvider, useBooleanFlagDetails } from "@openfeature/react-sdk";
import type { ReactNode } from "react";
import { useFlag, useVariant } from "../react.ts";

export function Diary() {
  return (
    <>
      {useFlag("read_only_mode") && <p className="banner">The diary is read only for a while.</p>}
      <Today />
      <SignUp />
      {useFlag("meal_planning") && <Plan />}
      {useFlag("activity_tracking") && <Activity />}
      {useFlag("shared_shopping_list") && <Shopping />}
      <OpenFeatureProvider>
        <Search />
      </OpenFeatureProvider>
    </>
  );
}

function Card({ title, note, children }: { title: string; note: string; children: ReactNode }) {
  return (
    <article className="card">
      <header>
        <h3>{title}</h3>
        <code>{note}</code>
      </header>
      {children}
    </article>
  );
}

function Today() {
  const scan = useFlag("barcode_scanner");
  const photograph = useFlag("photo_meal_recognition");
  const warn = useFlag("allergen_warnings");
  return (
    <article className="card today">
      <header>
        <h2>Today</h2>
        <strong>1,240 kcal</strong>
      </header>
      <ul>
        <li>
          <span>Breakfast</span> Porridge with berries
        </li>
        <li>
          <span>Lunch</span> Lentil soup, rye bread {warn && <em className="chip">gluten</em>}
        </li>
      </ul>
      <p className="actions">
        <button type="button">Add a meal</button>
        {scan && <button type="button">Scan a barcode</button>}
        {photograph && <button type="button">Photograph a meal</button>}
      </p>
    </article>
  );
}

/** Shows a variant. Without the flag there is no card. */
function SignUp() {
  const variant = useVariant("onboarding_short_form", "none");
  if (variant === "none") return null;
  return (
    <Card title="Sign-up" note="onboarding_short_form">
      <p>{variant === "three" ? "Three" : "Nine"} questions, then your diary is ready.</p>
    </Card>
  );
}

function Plan() {
  const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  return (
    <Card title="This week's plan" note="meal_planning">
      <ol className="week">
        {days.map((day, index) => (
          <li key={day} className={index < 4 ? "planned" : ""}>
            {day}
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Activity() {
  return (
    <Card title="Activity" note="activity_tracking">
      <div className="ring">
        <svg viewBox="0 0 36 36" role="img" aria-label="64 percent of today's goal">
          <circle cx="18" cy="18" r="15.9" />
          <circle cx="18" cy="18" r="15.9" pathLength="100" strokeDasharray="64 100" />
        </svg>
        <p>
          <strong>6,412 steps</strong>
          <br />
          {useFlag("heart_rate_zones") ? "32 minutes in zone 2" : "3,588 to go"}
        </p>
      </div>
    </Card>
  );
}

function Shopping() {
  return (
    <Card title="Shopping list" note="shared_shopping_list">
      <p>Oats, lentils, two lemons. Shared with Sam.</p>
    </Card>
  );
}

/** Reads its flag through OpenFeature, as with any other provider. */
function Search() {
  const { value, variant, reason, errorCode } = useBooleanFlagDetails("food_search_v2", false);
  return (
    <Card title={value ? "Find any food" : "Find a food"} note="food_search_v2">
      <label className="search">
        <span className="hidden">Food</span>
        <input type="search" placeholder={value ? "soup, half a bowl" : "soup"} />
      </label>
      <p className="small">
        OpenFeature says {variant ?? errorCode}, {reason}
      </p>
    </Card>
  );
}
