"""Sends a message by e-mail, over the mail server that the settings name.

Dagster's own `make_email_on_run_failure_sensor` takes the password when definitions are loaded and knows no checks; this reads
it when a message is sent.
"""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from audience_assets.alerts.message import Message
from audience_assets.alerts.settings import EmailSettings
from audience_assets.errors import AlertError

PATIENCE_SECONDS = 20.0
"""For each answer of the mail server; a tick of a sensor has 60 seconds."""


def send(settings: EmailSettings, message: Message) -> None:
    """Send it to all recipients.

    Raises:
        AlertError: The server could not be reached, or refuses the login or a recipient.
        SettingsError: The password's variable is not set.
    """
    password = settings.password.value() if settings.password else None
    server = f"the mail server {settings.host}:{settings.usual_port}"
    try:
        with _connected(settings) as smtp:
            if settings.user is not None and password is not None:
                smtp.login(settings.user, password)
            refused = smtp.send_message(_mail(settings, message))
    except smtplib.SMTPAuthenticationError:
        raise AlertError(
            f"{server} refuses the login: mend alerts.email.user or the password's variable"
        ) from None
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused):
        raise AlertError(
            f"{server} refuses the sender or the recipients: mend alerts.email.sender or alerts.email.recipients"
        ) from None
    except smtplib.SMTPResponseException as error:
        raise AlertError(
            f"{server} does not take the message (code {error.smtp_code}): its log says why; mend it or alerts.email"
        ) from None
    except smtplib.SMTPNotSupportedError:
        raise AlertError(f"{server} does not offer what is asked of it: mend alerts.email.tls") from None
    except ssl.SSLError as error:
        raise AlertError(
            f"{server} could not be trusted ({error.reason or 'TLS'}): mend alerts.email.tls, host or port"
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise AlertError(
            f"{server} cannot be reached or broke off ({type(error).__name__}): start it, or mend alerts.email"
        ) from None
    if refused:
        raise AlertError(
            f"{server} refuses {len(refused)} of the recipients: mend alerts.email.recipients"
        ) from None


def _connected(settings: EmailSettings) -> smtplib.SMTP:
    if settings.tls == "ssl":
        return smtplib.SMTP_SSL(
            settings.host,
            settings.usual_port,
            timeout=PATIENCE_SECONDS,
            context=ssl.create_default_context(),
        )
    smtp = smtplib.SMTP(settings.host, settings.usual_port, timeout=PATIENCE_SECONDS)
    if settings.tls == "starttls":
        try:
            smtp.starttls(context=ssl.create_default_context())
        except BaseException:
            smtp.close()
            raise
    return smtp


def _mail(settings: EmailSettings, message: Message) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.recipients)
    mail["Subject"] = message.subject
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain=settings.sender.partition("@")[2])
    mail.set_content(message.text)
    return mail
