"""The form that orders a report."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.text import slugify

from reports.catalog import COUNTRIES, month_name, months
from reports.models import MAX_NAME
from reports.ordering import Wish

PACES = [
    ("0.2", "To be watched, about 6 seconds"),
    ("1", "At leisure, half a minute"),
    ("0", "As fast as it goes"),
]


def _month_choices() -> list[tuple[str, str]]:
    return [("", "All months"), *((month, month_name(month)) for month in months())]


class ReportForm(forms.Form):
    """Asks what the report shall be about; ``wish`` has the answers."""

    name = forms.CharField(
        label="Name",
        max_length=MAX_NAME,
        initial="sales",
        help_text="Becomes the name of the file.",
        error_messages={
            "required": "Give the report a name, for example june-germany.",
            "max_length": "Make the name a little shorter: "
            "%(limit_value)d characters at the most.",
        },
    )
    month = forms.ChoiceField(
        label="Month",
        required=False,
        choices=_month_choices,
        error_messages={
            "invalid_choice": "There are no orders of that month; choose one of the list."
        },
    )
    country = forms.ChoiceField(
        label="Country",
        required=False,
        choices=[("", "All countries"), *COUNTRIES.items()],
        error_messages={
            "invalid_choice": "We do not sell there; choose a country of the list."
        },
    )
    pace_s = forms.ChoiceField(
        label="Pace",
        choices=PACES,
        initial="0.2",
        help_text="A real report would be done at once; this one may take its time.",
        error_messages={
            "required": "Choose how fast it shall go.",
            "invalid_choice": "Choose one of the three paces.",
        },
    )
    late = forms.BooleanField(
        label="The export comes late",
        required=False,
        help_text="The first two attempts fail, the third succeeds.",
    )
    notify = forms.BooleanField(
        label="Send a notice at the end",
        required=False,
        help_text="A signed webhook to this site; see Notices.",
    )
    ticket = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid4,
        error_messages={
            "required": "This form was incomplete; please load the page again.",
            "invalid": "This form was damaged; please load the page again.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.template_name = "reports/field.html"  # type: ignore[attr-defined] # new in Django 5.0

    def clean_name(self) -> str:
        """Make a file name of what was written."""
        name: str = slugify(self.cleaned_data["name"]).replace("_", "-")
        if not name:
            raise forms.ValidationError(
                "Use some letters from a to z, or digits, for example june-germany."
            )
        return name

    @property
    def wish(self) -> Wish:
        """What was asked for; only of a valid form."""
        answers = {**self.cleaned_data, "pace_s": float(self.cleaned_data["pace_s"])}
        del answers["ticket"]
        return Wish(**answers)
