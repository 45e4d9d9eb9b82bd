"""The settings, with the source of each value."""

from backchannel.settings.load import Loaded as Loaded
from backchannel.settings.load import load as load
from backchannel.settings.model import Settings as Settings
from backchannel.settings.problems import Problem as Problem
from backchannel.settings.problems import SettingsError as SettingsError
