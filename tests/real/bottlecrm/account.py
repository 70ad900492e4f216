"""One organisation in the US, whose country decides how national numbers become E.164, and its administrator."""

import django

django.setup()
from common.models import Org, Profile, User  # noqa: E402  models exist only after the setup

user, _ = User.objects.get_or_create(email="admin@example.com", defaults={"is_superuser": True, "is_active": True})
user.set_password("only-for-tests")
user.save()
org, _ = Org.objects.get_or_create(name="Test Org", defaults={"default_country": "US"})
Profile.objects.get_or_create(user=user, org=org, defaults={"role": "ADMIN", "is_organization_admin": True})
