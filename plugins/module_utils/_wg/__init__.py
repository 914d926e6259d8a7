# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""WireGuard's own values and text, computed without touching a host: keys, endpoints, configs, dumps, differences."""
